"""The whole system on loopback: emulated AWS, schedules, fake X, the API and its worker."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from localdev import bootstrap, environment, locks, ministack, ports
from localdev.children import Child
from localdev.environment import ROOT, STAGE
from localdev.supervisor import Supervisor
from localdev.waiting import until

READY_SECONDS = 60.0
BUNDLED_WORLD = ROOT / "localdev" / "worlds" / "bundled.jsonl"


@dataclass(kw_only=True)
class LocalWorld:
    """`with LocalWorld() as world:` runs everything; leaving ends what it started, nothing else."""

    state_dir: Path | None = None
    """Where data are kept for the next time; without it nothing is kept."""
    logs_dir: Path | None = None
    """Where each process writes NAME.log; without it a folder that goes with the world."""
    world: Path = BUNDLED_WORLD
    """A file of X profiles, JSON lines."""
    port: int = 0
    """The API's port; 0 takes any free one."""
    app: str = "app:app"
    """The Chalice app, `module:attribute`."""
    template: Path = ROOT / "infra" / "resources.yaml"
    """The CloudFormation template of its tables and queues."""
    reset: bool = False
    """Whether to forget what is in `state_dir`."""
    seeded: bool = True
    """Whether to make a user with an API key."""
    growth_seconds: float = 45.0
    """How often an account on X gets a follower; 0 for never."""
    speed: float = 1.0
    """How many seconds pass for schedules in one second."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Further variables of the app's environment; once made, the whole of it."""
    say: Callable[[str], None] = print
    """Takes what a person should read."""

    def __post_init__(self) -> None:
        self.port = self.port or ports.free_port()
        self._aws_port, self._scheduler_port, self._x_port = (ports.free_port() for _ in range(3))
        self._desk_port, self._stripe_port = (ports.free_port() for _ in range(2))
        self._telegram_port, self._finders_port = (ports.free_port() for _ in range(2))
        self.base_url = f"{_url(self.port)}/api/v2"
        self.aws_url = _url(self._aws_port)
        self.scheduler_url = _url(self._scheduler_port)
        self.x_world_url = _url(self._x_port)
        self.desk_url = _url(self._desk_port)
        self.stripe_url = _url(self._stripe_port)
        self.telegram_url = _url(self._telegram_port)
        reaching = environment.reaching(
            telegram_url=self.telegram_url, finders_url=_url(self._finders_port)
        )
        self.api_key: str | None = None
        self.env = environment.wired(
            aws_url=self.aws_url,
            scheduler_url=self.scheduler_url,
            x_world_url=self.x_world_url,
            base_url=self.base_url,
            stripe_url=self.stripe_url,
        ) | {"ALLOW_LOOPBACK_HTTP": "true", **reaching, **self.env}
        self._supervisor = Supervisor(self.say)
        self._children: dict[str, Child] = {}
        self._scratch = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def broken(self) -> str | None:
        """Why this world cannot go on, once the emulated AWS has died."""
        return self._supervisor.broken

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of all that runs, by name."""
        return {name: child.pid for name, child in self._children.items() if child.pid}

    def stop_worker(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send the worker a signal; if that ends it, another one is started within a second."""
        self._children["pump"].send(number)

    def facts(self) -> dict[str, Any]:
        """Where everything is, as .local/dev.json has it."""
        return {
            "baseUrl": self.base_url,
            "apiKey": self.api_key,
            "awsUrl": self.aws_url,
            "schedulerUrl": self.scheduler_url,
            "xWorldUrl": self.x_world_url,
            "deskUrl": self.desk_url,
            "stripeUrl": self.stripe_url,
            "pids": self.pids,
        }

    def close(self) -> None:
        """End everything; safe to repeat."""
        self._supervisor.stop()
        self._scratch.close()

    def _start(self) -> None:
        if ports.is_open(self.port):
            raise RuntimeError(f"port {self.port} is taken")
        if self.reset and self.state_dir:
            _forget(self.state_dir)
        self._logs = self.logs_dir or self._scratch_folder()
        for old in self._logs.glob("*.log"):
            old.unlink()
        aws = self._start_aws()
        scheduler = ["--aws-url", self.aws_url, "--speed", str(self.speed), "--app", self.app]
        self._begin_server(
            "scheduler", self._scheduler_port, [*scheduler, *self._kept("scheduler")]
        )
        x_world = ["--world", str(self.world), "--growth-seconds", str(self.growth_seconds)]
        self._begin_server("xworld", self._x_port, [*x_world, *self._kept("xworld")])
        self._begin_server("telegram", self._telegram_port, [])
        self._begin_server("finders", self._finders_port, [])
        desk = ["--aws-url", self.aws_url, "--telegram-url", self.telegram_url]
        self._begin_server("desk", self._desk_port, desk)
        self._begin_server("stripe", self._stripe_port, self._stripe_options())
        ministack.wait_until_healthy(self._aws_port, aws)
        self._wait_for("scheduler", self._scheduler_port)
        bootstrap.deploy(
            self.template, STAGE, aws_url=self.aws_url, scheduler_url=self.scheduler_url
        )
        self._begin_server("api", self.port, ["--app", self.app])
        self._begin("pump", ["localdev.pump", "--app", self.app])
        self._wait_for("xworld", self._x_port)
        self._wait_for("desk", self._desk_port)
        self._wait_for("telegram", self._telegram_port)
        self._wait_for("finders", self._finders_port)
        self._wait_for("stripe", self._stripe_port)
        if self.seeded:
            self._seed()
        self._wait_for("api", self.port)
        self._supervisor.watch()

    def _start_aws(self) -> Child:
        child = ministack.child(
            self._aws_port,
            log=self._logs / "ministack.log",
            state_dir=self.state_dir / "aws" if self.state_dir else None,
        )
        self._children["ministack"] = child
        self._supervisor.start(child, essential=True)
        return child

    def _stripe_options(self) -> list[str]:
        events = ["--events-url", f"{self.base_url}/billing/stripe-events"]
        return [*events, "--secret", environment.STRIPE_SIGNS_WITH, *self._kept("stripe")]

    def _kept(self, name: str) -> list[str]:
        """The option that tells a module where its data are kept, if they are."""
        return ["--state", str(self.state_dir / f"{name}.json")] if self.state_dir else []

    def _begin(self, name: str, module: list[str]) -> None:
        child = Child(name, module, log=self._logs / f"{name}.log", env=self.env)
        self._children[name] = child
        self._supervisor.start(child)

    def _begin_server(self, name: str, port: int, options: list[str]) -> None:
        self._begin(name, [f"localdev.{name}", "--port", str(port), *options])

    def _wait_for(self, name: str, port: int) -> None:
        child = self._children[name]

        def listens() -> bool:
            if not child.alive:
                raise RuntimeError(f"{name} did not start:\n{child.last_lines()}")
            return ports.is_open(port)

        until(listens, seconds=READY_SECONDS, what=name)

    def _seed(self) -> None:
        """Run `python -m localdev.seed`, whose last line of output is JSON with `apiKey`."""
        command = [sys.executable, "-m", "localdev.seed", *self._kept("seed")]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        (self._logs / "seed.log").write_text(done.stdout + done.stderr)
        if done.returncode:
            raise RuntimeError(f"seed failed:\n{done.stderr[-4000:]}")
        self.api_key = json.loads(done.stdout.splitlines()[-1])["apiKey"]

    def _scratch_folder(self) -> Path:
        folder = tempfile.TemporaryDirectory(prefix="ctgo-")
        return Path(self._scratch.enter_context(folder))


def _forget(state: Path) -> None:
    # The emulator of a killed predecessor may still be writing.
    with locks.held(ministack.lock_of(state / "aws"), seconds=READY_SECONDS):
        shutil.rmtree(state)


def _url(port: int) -> str:
    return f"http://{ports.HOST}:{port}"
