"""Likers of an account's recent posts, read after its followers where the plan has them.

X shows likers to the author alone, so most posts list nobody. A post is asked about when its likes
moved since it was asked last; a fault here leaves the run as the followers left it.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib import clock
from chalicelib.runs import rules
from chalicelib.runs.audience import POSTS, ScanItem, known
from chalicelib.runs.steps import commits
from chalicelib.runs.steps.handing import Hand
from chalicelib.runs.steps.scan import refs
from chalicelib.telemetry import logger
from chalicelib.upstreams import AccountRef, Page, Usage
from chalicelib.upstreams.errors import Crowded, Missing, UpstreamFault
from chalicelib.upstreams.profiles import Profiles

MOST_PAGES = 25
"""Pages of one post's likers; the rest of a crowd that large is not worth its price."""


@dataclass(frozen=True, slots=True)
class Likers:
    """One account's, as far as its plan goes."""

    profiles: Profiles
    hand: Hand
    usage: Usage
    posts: int
    """Of how many recent posts; 0 reads none."""
    most: int
    """New likers of one sync."""

    def step(self, scan: ScanItem, ref: AccountRef) -> bool:
        """Ask for the posts, or for a page of one's likers. True when nothing is left to ask.

        Raises Crowded. A reader that died between its last page and the end of the read left
        nothing to ask.
        """
        try:
            if scan.stage == POSTS:
                self._choose(scan, ref)
            elif scan.posts_left:
                self._page(scan)
        except Crowded:
            raise
        except UpstreamFault as fault:
            logger.warning("likers not read", extra={"provider": fault.provider})
            return True
        return not scan.posts_left

    def _choose(self, scan: ScanItem, ref: AccountRef) -> None:
        posts = self.profiles.recent_posts(ref, usage=self.usage)
        likes = {post.id: post.likes for post in posts[: self.posts]}
        commits.begin_likers(scan, likes, rules.posts_to_ask(likes, scan.likes))

    def _page(self, scan: ScanItem) -> None:
        page = self._asked(scan.posts_left[0], scan.cursor)
        memory = known(self.hand.user_id, scan.account_id, {each.id for each in page.profiles})
        strangers = {each.id: each for each in page.profiles if each.id not in memory}
        room = self.most - scan.likers
        new = list(strangers.values())[:room]
        met_before = all(memory.get(each.id, 0) is None for each in page.profiles)
        is_last = (
            page.cursor is None
            or met_before  # newest likes come first: the rest was met here too
            or len(new) == room
            or scan.liker_pages + 1 >= MOST_PAGES
        )
        batches = commits.commit_likers(scan, page, new, is_last=is_last, now=clock.now())
        self.hand.on(batches, refs(scan))

    def _asked(self, post: str, cursor: str | None) -> Page:
        """A page of a post's likers; one that was deleted meanwhile has none."""
        try:
            return self.profiles.likers(post, cursor, usage=self.usage)
        except Missing as gone:
            return Page(profiles=(), cursor=None, usage=self.usage, provider=gone.provider)
