"""Words that look like a name where one is expected, and names that are also everyday words."""

from __future__ import annotations

NOT_NAMES = frozenset(
    """
    mr mrs ms miss mx dr prof herr frau
    all there team everyone everybody guys folks again support customer customers sir madam madame care service help
    desk hello hi hey dear thanks thank you the a an so much for to in on at and or but if i we he she it they my
    your our is are was not no yes very just still also please sorry happy glad sure ready unable having trying
    looking waiting writing calling using getting going interested wondering concerned from with regarding about
    could can would will have has had do does did need want know here good great morning afternoon evening monday
    tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december assistance order account invoice update regards best kind cheers sincerely yours
    """.split()
)

EVERYDAY = frozenset(
    """
    will mark rose may bill grace hope joy art frank drew max jack summer april june august faith dawn iris ivy lily
    pat sandy ray rob chase grant miles page chip rich guy gene dean earl ernest victor carol charity ginger jade
    jasmine olive pearl ruby sky star brook cliff glen heath lane lee reed wade ward young long short brown black
    white green gray grey king prince baker cook carter mason miller smith taylor turner walker hunter fisher price
    bell ball banks barber bean berry best bird bishop bond booth bush butler case church coach cross day field
    flowers fox frost gold hall hand head hill house hunt jewel key knight light little love major marsh moon noble
    north park parks peace pool power read rice rush sharp shepherd silver small snow stone storm street strong
    sweet temple top waters wells west winter wise wolf wood woods an ben dan don in so see me can ok an do go de la
    le el van von bin al
    """.split()
)


def plausible(text: str) -> bool:
    """Whether a match could be a person's name: its first word is none of the words that follow the same cues."""
    words = text.lower().split()
    return bool(words) and words[0].strip("'’.-") not in NOT_NAMES
