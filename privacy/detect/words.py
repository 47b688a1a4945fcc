"""Words that look like a name where one is expected, and names that are also everyday words."""

from __future__ import annotations

import re

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


AFTER_A_NAME = frozenset(
    """
    booking confirmation conformation city zip zipcode ssn phone ph mobile email mail card credit account acc address
    password number no code policy claim last first who which when where why how want would like may might should must
    order ordered live lives work works got get trying into then because since about after before company security
    """.split()
)
"""Words that follow a name given without capitals or full stop."""


INTERFACE = frozenset(
    """
    account accounts add address admin agent amex api app apps back basic billing bluetooth browser business buy cancel
    card cart chat checkout click close confirm contact continue create csv customer customers dashboard data delete
    delivery details download edit email enterprise error export faq feedback file files filter form help history home
    id import inbox invoice invoices item items language link login logout manage mail menu message messages mobile my
    name network new next notifications ok open options order orders page password pay payment payments pdf phone plan
    plans plus portal premium print privacy pro product products profile reception refund refunds reports reset return
    returns save search security select send service settings setup shipping shop sign status store submit
    subscription subscriptions support tab tax team teams terms ticket tickets tools update upgrade upload url user
    users version view website wifi yes
    """.split()
)
"""What buttons, menus and plans are called. Capitals make them look like names; they are none."""
SERVICES = frozenset(
    """
    android bluetooth chrome facebook gmail google instagram ios ipad iphone klarna linkedin macos mastercard netflix
    outlook paypal safari spotify stripe tiktok twitter visa whatsapp windows youtube zoom
    """.split()
)
"""What everybody pays, writes and watches with; "back to PayPal" sounds like a place."""
GREETINGS = frozenset("bot byee god hai helo hii hiii kudos thnks thx tq ty".split())
"""What people type in a chat that stands where a name may stand."""


def plausible(text: str) -> bool:
    """Whether a match could be a person's name: its first word is none of the words that follow the same cues."""
    first, *_ = text.lower().split() or [""]
    return bool(first) and first.strip("'’.-").replace("’", "'").partition("'")[0] not in NOT_NAMES


DEMONYMS = frozenset(
    """
    afghan albanian algerian american andorran angolan argentine argentinian argentinean armenian australian austrian
    azerbaijani azeri bahamian bahraini bangladeshi barbadian basque bavarian belarusian belarusan belgian belizean
    belizian beninese bermudian bhutanese bolivian bosnian botswanan brazilian breton briton british bruneian bulgarian
    burkinabe burmese burundian cambodian cameroonian canadian catalan chadian chechen chilean chinese colombian
    comorian congolese corsican croatian croat cuban cypriot czech dane danish djiboutian dominican dutch dutchman
    ecuadorian ecuadorean egyptian emirati english englishman englishwoman eritrean estonian ethiopian european
    faroese fijian filipino filipina finn finnish flemish french frenchman frenchwoman gabonese gambian georgian german
    ghanaian gibraltarian greek greenlander greenlandic grenadian guatemalan guianese guinean guyanese haitian honduran
    hungarian icelander icelandic indian indonesian iranian iraqi irish irishman irishwoman israeli italian ivorian
    jamaican japanese jordanian kazakh kazakhstani kenyan korean kosovar kosovan kurd kurdish kuwaiti kyrgyz laotian
    latvian lebanese lesothan liberian libyan liechtensteiner lithuanian luxembourger macedonian malagasy malawian
    malaysian maldivian malian maltese marshallese martiniquais mauritanian mauritian mexican micronesian moldovan
    monacan mongolian montenegrin moroccan mozambican namibian nauruan nepalese nepali netherlander nicaraguan nigerian
    nigerien norwegian omani pakistani palauan palestinian panamanian paraguayan persian peruvian pole polish
    polynesian portuguese qatari romanian romani russian rwandan salvadoran salvadorean samoan saudi scot scottish
    scotsman senegalese serb serbian seychellois singaporean slovak slovakian slovene slovenian somali spaniard spanish
    sudanese surinamese swazi swede swedish swiss syrian taiwanese tajik tamil tanzanian texan thai tibetan togolese
    tongan trinidadian tunisian turk turkish turkmen tuvaluan ugandan ukrainian uruguayan uzbek vanuatuan venezuelan
    vietnamese welsh welshman yemeni yemenite zambian zimbabwean puertorican bruneians ecuadoreans
    """.split()
)
"""People of a country or region, as English names them."""

LOWER_CASE_OTHERWISE = frozenset(
    {"pole", "poles", "polish", "finn", "dane", "turk", "scot", "scots", "swede", "swedes"}
)
"""Demonyms that are other words without a capital."""


def plausible_demonym(text: str) -> bool:
    return text not in LOWER_CASE_OTHERWISE


SENTENCE_ENDINGS = frozenset(
    "it is in at be no my me us so as am i we he she they this that the a and or if to do go but on".split()
)
STRONG_ENDINGS = frozenset(
    """
    com org net edu gov mil int info biz io uk de fr es nl eu au ch dk fi pt cz hu gr nz jp cn kr br mx ar za ru ua tr
    tv ie ro bg lt lv lu
    """.split()
)
"""Last parts of an address that are hardly anything else, however short the address."""

NOT_HOSTS = frozenset({"e.g", "i.e", "a.m", "p.m", "node", "asp", "vb", "ado"})


def plausible_domain(text: str) -> bool:
    """Whether letters with dots between are an address: a common ending, several parts or a path; `it.is` is none."""
    host, slash, _ = text.partition("/")
    host = host.partition(":")[0]
    labels = host.split(".")
    ending = labels[-1].lower()
    if not any(char.isalpha() for char in "".join(labels[:-1])) or any(label.lower() in NOT_HOSTS for label in labels):
        return False
    if len(labels) == 2 and len(labels[0]) == 1:
        return ending in {"com", "org", "net", "co"} or bool(slash)
    if slash or len(labels) > 2:
        return ending not in SENTENCE_ENDINGS or (len(labels) > 2 and min(map(len, labels)) > 1)
    return ending in STRONG_ENDINGS and ending not in SENTENCE_ENDINGS


ENDS_LIKE_A_HOST = frozenset(
    """
    telecom intercom sitcom romcom dotcom xcom qualcomm webcom ethernet internet intranet extranet cabinet planet magnet
    bonnet hornet cornet sonnet bayonet clarinet fishnet dragnet telnet kubernet subnet botnet hairnet safetynet usenet
    arpanet fidonet skynet cablenet castanet coronet alphabet martinet basinet bassinet falconet
    """.split()
)


def run_together(text: str) -> bool:
    """Whether a word that ends in "com" is an address without its dot, as "anna 45 gmailcom": not "telecom"."""
    return text.lower() not in ENDS_LIKE_A_HOST and "." not in text


def no_quantity(text: str) -> bool:
    """Not a year, nor a number with a unit."""
    return not (len(text) == 4 and text.isdigit() and text[:2] in {"19", "20"}) and not _QUANTITY.fullmatch(text)


def enough_digits(text: str) -> bool:
    """Whether a text that is nothing but a code is long enough to be somebody's: "12" is an amount."""
    if not no_quantity(text.replace(" ", "")):
        return False
    letters = sum(char.isalpha() for char in text)
    return sum(char.isdigit() for char in text) >= 3 or (letters >= 2 and sum(char.isdigit() for char in text) >= 2)


_QUANTITY = re.compile(
    r"(?i)\d+(?:x|k|m|mb|gb|tb|kg|g|cm|mm|km|ml|w|v|hz|khz|mhz|ghz|st|nd|rd|th|am|pm|hrs?|days?|pcs?)"
)


AMOUNTS = """
    transfer pay paid send cost costs costed charged charge price amount money balance rs usd dollars dollar euro euros
    pounds inr rupees total sum of over about around under than up year model version windows office server edition
    size at by since from in page step level limit budget to for between range plus minus times percent room route
    series class grade episode season chapter highway born mileage miles km kms date time want need order like add error
"""
"""Words of a short text that make its number a quantity or a type rather than somebody's code."""
