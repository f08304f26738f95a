"""Build `chalicelib/matching/data/names.tsv` from two packages of name statistics.

usage: build_names.py NOMQUAMGENDER_WHEEL NAMES_SDIST

    pip download --no-deps nomquamgender==0.1.4
    pip download --no-deps --no-binary :all: names==0.3.0

nomquamgender (MIT, Ian Van Buskirk) holds, for each first name, [sources, people counted, share
of women, ...], put together from 36 sources that cover some 150 countries; names are lower case
without accents. Kept are names that several sources know and that enough people bear, since a
name of one source is often a typing error. names (MIT, Trey Hunner) holds the surnames of the US
Census of 1990 (public domain) in the order of their frequency: they tell which first names
are as likely a surname when they do not stand in front.
"""

from __future__ import annotations

import json
import sys
import tarfile
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Final

TARGET: Final = Path(__file__).parent.parent / "chalicelib/matching/data/names.tsv"
MIN_SOURCES: Final = 6
MIN_PEOPLE: Final = 100
COMMON_PEOPLE: Final = 1_000
UNISEX_PEOPLE: Final = 20_000
SURE: Final = 0.95
LIKELY: Final = 0.8
SURNAMES: Final = 5_000

# Borne by people, but far more often something else in a handle or a display name.
_NO_NAMES: Final = """
    the and her him his for not you your our all any are was has get got new now one two red blue
    big old best real just true good more most only from with this that what who how why out off
    sir miss mister missy lord lady god saint don dona doc mom dad mama papa baby boy girl man
    bro sis son amo amor con del las los una uno por que mas muy san santa
    bot app web net dev data info news tech media mode team club shop store sales deals daily music
    radio video photo books cafe food fit run art sun sea sky air ice car bus home house casa
    world land city town park beach lake east west north south america africa europe asia
"""
NO_NAMES: Final = frozenset(_NO_NAMES.split())
# True first names that are words as well: believed as part of a full name only.
_WORDS: Final = """
    angel april amber alba august autumn aura aurora austin baker bear bella bill bishop bliss
    bonita bonnie brand brandy brooklyn buck buddy candy carmel carter cash chance charity charm
    chase chelsea cherry chip christian china cielo clove colt constance cooper crystal dakota
    daisy dallas dawn dean denver destiny diamond dick dolly dolores drew duke dulce dusty earl
    easter eden ember emerald essence eve faith fawn fern fisher flor florence ford forest fox
    france gale gene genesis georgia ginger goldie grace grant guy happy harmony harper haven
    hazel heath heaven holly honey hope hunter india iris israel ivory ivy jade jamaica jet
    jersey jewel journey joy judge june justice kent king lance lane legend liberty light lily
    lotus love lucky luna luz lyric magic major mar mark marina marine mars marsh mason may
    mercedes mercy merit miles milan miller misty money nova oak ocean olive opal orion page
    paris parker pat patience paz pearl peace petal phoenix pilar pink piper pop porter precious
    pride prince princess prudence queen rain rainbow ram rav ray reed reign rich rip river
    robin rock rocky rose ruby rusty sage sailor sandy scout serenity shade sierra silver skip
    sky sol sonny spike spring star sterling stone storm stormy sugar summer sunny sunshine
    sydney tab tad terra tiger trinity trip tucker tulip unique van vegas venus victory viola
    violet virginia vista wade will windy winter wolf woods world young zen
"""
WORDS: Final = frozenset(_WORDS.split())

# Countries, states and cities in handles: no name begins or ends inside of these.
_PLACES: Final = """
    africa alabama alaska albania algeria angola argentina arizona arkansas armenia asia atlanta
    australia austria bahamas baltimore bangladesh barcelona belgium berlin bolivia boston brasil
    brazil britain brussels bulgaria calgary california cambodia cameroon canada caribbean chicago
    chile cincinnati colombia colorado columbus connecticut croatia cuba cyprus delaware delhi
    denmark detroit dubai dublin ecuador edinburgh egypt england espana estonia ethiopia europe
    finland florida france germany ghana glasgow greece guatemala haiti hawaii honduras hungary
    iceland idaho illinois indiana indianapolis indonesia iowa iran iraq ireland italy
    jamaica japan kansas kentucky kenya korea kuwait leeds liverpool lebanon louisiana
    louisville lisbon maine malaysia malta manchester maryland massachusetts melbourne
    memphis mexico miami michigan minneapolis minnesota mississippi missouri montana montreal
    morocco moscow mumbai nashville nebraska nepal netherlands nevada nigeria norway oakland ohio
    oklahoma ontario oregon ottawa pakistan panama paraguay pennsylvania peru
    philadelphia philippines pittsburgh poland portland portugal quebec rhode
    romania rome russia sacramento scotland seattle senegal serbia singapore somalia spain sudan
    sweden switzerland syria taiwan tampa tanzania tennessee texas thailand tokyo toronto
    tucson tulsa tunisia turkey uganda ukraine uruguay utah vancouver venezuela vermont
    vietnam wales washington wisconsin wyoming yemen york zambia zimbabwe
"""
PLACES: Final = frozenset(_PLACES.split())


def bucket(name: str, people: int, share: float, surnames: frozenset[str]) -> str | None:
    """`<gender> <surety> <use>` of a name, `unisex` where neither gender is likely."""
    gender, surety = ("female", share) if share >= 0.5 else ("male", 1 - share)
    if surety < LIKELY:
        return "unisex" if people >= UNISEX_PEOPLE else None
    if surety < SURE and people < COMMON_PEOPLE:
        return None
    return f"{gender} {'sure' if surety >= SURE else 'likely'} {use_of(name, people, surnames)}"


def use_of(name: str, people: int, surnames: frozenset[str]) -> str:
    """Where a name may be believed: see data/NAMES.md for the four uses."""
    if name in WORDS:
        return "word"
    if people < COMMON_PEOPLE:
        return "rare"
    return "family" if name in surnames else "common"


def read_surnames(sdist: str) -> frozenset[str]:
    """The most frequent US surnames, lower case."""
    with tarfile.open(sdist) as archive:
        member = next(m for m in archive.getmembers() if m.name.endswith("dist.all.last"))
        file = archive.extractfile(member)
        assert file is not None, member.name  # noqa: S101  a regular file has content
        lines = file.read().decode("ascii").splitlines()
    return frozenset(line.split()[0].lower() for line in lines[:SURNAMES])


def main() -> None:
    """Write one line a bucket: its words, a tab, the names in alphabetical order."""
    wheel_path, sdist_path = sys.argv[1:]
    surnames = read_surnames(sdist_path)
    with zipfile.ZipFile(wheel_path) as wheel:
        known = json.loads(wheel.read("nomquamgender/name_data.json"))
    buckets: dict[str, list[str]] = defaultdict(list)
    for name, (sources, people, share, *_) in known.items():
        if sources < MIN_SOURCES or people < MIN_PEOPLE or name in NO_NAMES:
            continue
        if name in PLACES or len(name) < 3 or not (name.isascii() and name.isalpha()):
            continue
        line = bucket(name, people, share, surnames)
        if line:
            buckets[line].append(name)
    buckets["place"] = list(PLACES)
    lines = [f"{line}\t{' '.join(sorted(names))}\n" for line, names in sorted(buckets.items())]
    TARGET.write_text("".join(lines), encoding="ascii")
    for line, names in sorted(buckets.items()):
        print(line, len(names))


if __name__ == "__main__":
    main()
