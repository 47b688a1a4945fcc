"""Text -> spans of personal data that has a shape: addresses, numbers, secrets, dates, names after a cue.

A rule is one line of the table `RULES`: what it finds, the pattern (the `regex` module's dialect; `\\K` starts the span
after a cue), a check that a match must pass, and where it may begin: at a cue word, at a number, wherever a guard is
found. `privacy.detect.scan` knows those places after two walks over the text, so that most rules never look at most
texts. Each rule is a Presidio recognizer as well, so that a Presidio user can add `recognizers()` to a registry of
their own; `AnalyzerEngine` itself would tokenise every text for a context boost that these rules do not need, and try
every rule on every character.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import regex
from presidio_analyzer import Pattern, PatternRecognizer, RecognizerResult

from deskwright.plugins import Span
from privacy.detect import checks, phones, words
from privacy.detect.checks import Check, iban, luhn
from privacy.detect.disguised import view
from privacy.detect.national import National
from privacy.detect.scan import ANCHORS, WRAP, Scene

__all__ = ["RULES", "Patterns", "Recognizer", "Rule", "iban", "luhn", "recognizers"]

MONTHS = "january february march april may june july august september october november december"
MONTHS_ABROAD = (
    "januar februar märz mai juni juli oktober dezember janvier février mars avril juin juillet août septembre octobre"
    " novembre décembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio"
    " febbraio aprile maggio giugno luglio settembre ottobre dicembre januari februari maart mei augustus janeiro"
    " fevereiro março maio junho julho setembro outubro novembro dezembro"
)
SHORT_MONTHS = "jan feb mar apr jun jul aug sep sept oct nov dec"
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday"


def _any(words: str) -> str:
    """An alternation of words, the longest first."""
    return "(?:" + "|".join(sorted(map(regex.escape, set(words.split())), key=lambda w: (-len(w), w))) + ")"


MONTH = rf"(?:{_any(f'{MONTHS} {MONTHS_ABROAD} {SHORT_MONTHS}')}\b\.?)"
DAY = r"(?:0?[1-9]|[12]\d|3[01])"
YEAR = r"(?:1[6-9]|20)\d\d"
TIME = r"(?:[T ,]{1,2}\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)"
NUMERIC_DATE = rf"(?:{YEAR}([-/.])(?:0?[1-9]|1[0-2])(?:\1){DAY}|{DAY}([-/.])(?:0?[1-9]|[12]\d|3[01])(?:\2)(?:{YEAR}|\d\d)|(?:0?[1-9]|1[0-2])/{DAY}/(?:{YEAR}|\d\d))"
BIRTH_DATE = (
    r"(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.|º)?\s+(?:of\s+|de\s+)?{MONTH},?\s+(?:de\s+)?\d{{2,4}}|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{2,4}})"
)
REFERENCE_WORDS = (
    "order ticket invoice case reference ref tracking purchase account customer booking confirmation refund parcel"
    " shipment shipping delivery membership member policy serial transaction payment subscription contract return rma"
    " claim voucher giftcard coupon passport license licence tax vat insurance national bestellung bestellnummer"
    " rechnungsnummer kundennummer auftragsnummer vorgangsnummer ticketnummer commande facture dossier pedido factura"
    " ordine fattura bestelling bestelnummer factuur klantnummer encomenda fatura"
)
BLANK = r" \u00a0\u2000-\u200a\u202f"
CARD_GAP = rf"(?:[{BLANK}./_‐-–-]{{1,3}}|\s?<br ?/?>(?:{WRAP})?|-?{WRAP})?"
IBAN_GAP = rf"(?:[{BLANK}./_-]|<br ?/?>|{WRAP})?"
IBANS = "|".join(
    rf"(?:{'|'.join(of.split())})\d\d(?:{IBAN_GAP}[A-Z\d]){{{size - 4}}}" for size, of in checks.IBANS.items()
)
LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]{1,65}"
LABEL = r"[\p{L}\d](?:[\p{L}\d-]{0,61}[\p{L}\d])?"
STREET_ABBREVIATED = "st rd ave blvd ln"
STREET_LOWER = "street road avenue boulevard lane"
STREET_CAPITALISED = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Terrace|Close"
    r"|Crescent|Cres|Row|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Mews|Gardens|Grove|Quay|Walk|Hill|Trail|Alley|Rise|View)"
)
UNIT = r"(?:,?\s{1,9}(?i:apt|apartment|unit|flat|suite|floor|room|#)\.?\s?[\w-]{1,6})?"
CITY = r"(?:,\s{0,9}[A-Z][\w'’.-]{1,30}(?:\s[A-Z][\w'’.-]{1,30}){0,2})?"
ZIP = r"(?:,?\s{0,9}(?:[A-Z]{2}\s{1,9})?\d{5}(?:-\d{4})?|,?\s{0,9}[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})?"
TOWN = r"[\p{L}.'’ -]{1,40}"
POSTCODE = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|(?:[A-Z]{1,2}[ -])?\d{4,6}(?:-\d{3,4}| \d\d| [A-Z]{2})?|\d{3} \d\d|[A-Z]\d[A-Z] \d[A-Z]\d"
STATE = r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])"
NAME_WORD = r"\p{Lu}[\p{L}\p{M}'’-]{0,40}"
FULL_NAME = rf"{NAME_WORD}(?:[ \t]{{1,3}}(?:\p{{Lu}}\.|(?:de|da|del|der|van|von|bin|ibn|al|la|le|di|dos|das)\b|{NAME_WORD})){{0,3}}"
INTRODUCTIONS = {
    "name": r"(?:(?<=\bmy (?:full )?)name(?:['’]s| is)\s{1,9}|\bname\s?:\s{0,9}|(?<=\bmein )name ist\s{1,9})",
    "called": r"(?<=\bi am )called\s{1,9}",
    "heiße heisse heet": r"(?<=\b(?:ich|ik) )(?:heiße|heisse|heet)\s{1,9}",
    "appelle": r"(?<=\bje m['’])appelle\s{1,9}",
    "nom": r"(?<=\bmon )nom est\s{1,9}",
    "llamo chiamo chamo": r"(?<=\b(?:me|mi) )(?:llamo|chiamo|chamo)\s{1,9}",
    "nombre nome naam": r"(?<=\b(?:mi|mio|meu|mijn) )(?:nombre es|nome (?:è|é)|naam is)\s{1,9}",
}
GREETINGS = (
    "dear hi hello hey thanks hallo liebe lieber bonjour cher chère hola estimado estimada querido querida ciao gentile"
    " caro cara beste geachte hoi olá oi prezado prezada"
)
SIGN_OFFS = (
    "regards thanks thank cheers sincerely faithfully best wishes yours grüße grüßen gruß mfg cordialement salutations"
    " saludos atentamente cordialmente saluti groet groeten hoogachtend atenciosamente cumprimentos abraços"
)
TITLES = (
    "mr mrs ms miss mx dr prof professor sir madam herr frau madame monsieur mme mlle señor señora sr sra sig signor"
    " signora dott dottore meneer mevrouw dhr mevr senhor senhora"
)
SECRET_CUES = (
    "password passcode passphrase pwd pass pin api secret cvv cvc passwort kennwort contraseña senha wachtwoord"
    " parola mot otp"
)
SPOKEN_HOSTS = "gmail yahoo hotmail outlook icloud aol ymail rediffmail protonmail live msn comcast mail email"
TLDS = (
    "com org net edu gov mil int io co de fr uk es it nl eu info biz us ca au in ch at be se no dk fi pl pt cz hu ro gr"
    " ie nz jp cn kr br mx ar cl za ru ua tr il ae sg hk tw my th vn id ph ng ke eg sk si hr rs bg ee lv lt lu is me tv"
    " cc ai app dev shop store online site tech xyz club blog cloud website space live world agency email solutions"
    " services company news media design studio life today group digital center support academy global network earth"
    " expert cy mt li im fm gg to ly pe uy ve ec bo py cr gt pa do pr lk pk bd np ir iq sa qa kw om jo lb ma tn dz"
)
WEAK_TLDS = frozenset(
    """
    it is in at be no my me us id do to so as am im la ma pa ai app dev live world shop store space site email
    services solutions support group center today life news media design studio company global network earth online
    club blog cloud tech expert academy agency digital website py rs pl sh md ps cc il co si se hr ph th ie ca
    """.split()
)
"""Endings that are also words of a sentence, or of file names: only with `www.` or a path after them."""
TLD = rf"(?-i:{_any(TLDS)}|{_any(TLDS.upper())})"
BROKEN_HOST = (
    rf"(?=[\w.-]++(?:(?<=\.){WRAP}|{WRAP}\.))(?:{LABEL}\.){{0,8}}{LABEL}"
    rf"(?:{WRAP}\.|(?<!\.{TLD})\.{WRAP}(?!{_any(' '.join(WEAK_TLDS))}\b))"
)
"""The beginning of a host's name that goes on in the next line, and is none of its own."""
DIGIT_RUN = r"\d(?:[ -]?\d){%s}(?![ -]?\d|\w)"
SAY = (
    r"(?:[\s:=#,.-]{0,3}\b(?:is|was|are|its|it's|it|no|num|number|numbers|numer|nr|id|code|the|my|your|our|for|of|on|last"
    r"|first|four|five|six|[3456](?= ?(?:digits?|nos?|numbers?))|digit|digits|ending|ends|in|with|as|and|here|that|this|be|pin|account|card|security|credit"
    r"|saving|savings|confirmation|reference|ist|est|es|è|é|lautet)\b(?:['’]s)?){0,7}[\s:=#.-]{1,3}"
)
STOP = r"(?!(?:and|my|is|its|it|the|for|to|on|in|at|of|ssn|with|no|or|i|thru|please|name|zip|city|sir|am|pm|from|by|days?|hours?|items?|by|so|but|he|she|was|this|that|number|order|ticket|case|claim|policy|phone|mobile|tel|ref|acct|acc|code|amex|visa|card|cc|pin|cvv|iban|room|error|page|step|year|day|over|under|about|than|v|version|windows|top|part|item|level|line|size|model|jan|feb|mar|apr|may|jun|june|jul|july|aug|sep|sept|oct|nov|dec|march|april|january|august)\b)"
SPACED_CODE = rf"(?:{STOP}[a-z]{{1,6}}[ -]?)?\d{{1,16}}(?:[ -]?(?:{STOP}[a-z]{{1,5}}\b|{STOP}[a-z]{{1,5}}[ -]?\d{{1,12}}|\d{{1,12}})){{0,6}}(?!\w)"
STRICT = r"(?:\s(?:no|number|num|nr|id|code|#|nummer|numéro|número|numero))?\.?\s?(?:is|was|:|=|#|number|no\.?|ist|est|es|è|é)?[\s#:]{0,5}"


@dataclass(frozen=True)
class Rule:
    """One line of the table: entity, name of the rule, pattern, optional check, and where it may begin.

    `cues` are words (in lower case) at which the pattern begins, `parts` letters that are part of the word at which
    it begins, `at` a name of `scan.ANCHORS`; `head` says which numbers: it fits the first run of digits (as many nines
    as it is long, twenty at most) and the character after it. Without any of these a rule is tried everywhere, if the
    text holds one of the strings `holds`, or `guard`, a pattern of the `re` module.
    """

    entity: str
    name: str
    pattern: str
    check: Check | None = None
    cues: str = ""
    at: str = ""
    parts: str = ""
    head: str = ""
    holds: str = ""
    guard: str = ""

    @property
    def reason(self) -> str:
        return f"{self.entity.lower().replace('_', ' ')}: {self.name}"


def _introductions() -> Iterator[Rule]:
    for cues, begins in INTRODUCTIONS.items():
        yield Rule("PERSON", f"after {cues.split()[0]}", rf"(?i:{begins})\K{FULL_NAME}", words.plausible, cues)


RULES = [
    Rule("SECRET", "private key", r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)", holds="-----BEGIN"),
    Rule("SECRET", "token", r"\b(?:(?:sk|pk|rk)[-_][\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}|npm_\w{30,}|hf_\w{30,}|shp(?:at|ca|pa|ss)_\w{30,}|pypi-[\w-]{40,}|dop_v1_\w{40,}|sq0[a-z]{3}-[\w-]{20,})", cues="sk pk rk ghp gho ghu ghs ghr github glpat xoxb xoxp xoxa xoxr xoxs xoxe npm hf shpat shpca shppa shpss pypi dop sq"),
    Rule("SECRET", "cloud key", r"\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|SG\.[\w-]{16,}\.[\w-]{16,})(?!\w)", holds="AKIA ASIA AIza SG."),
    Rule("SECRET", "JSON web token", r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*", holds="eyJ"),
    Rule("SECRET", "bearer", r"(?i)\bbearer\s{1,3}\K[\w.~+/=-]{16,}", checks.random_looking, "bearer"),
    Rule("SECRET", "in an address", r"(?<=://[^\s:/@]{1,60}:)[^\s:/@]{3,60}(?=@)", holds="://"),
    Rule("SECRET", "random after its cue", r"(?i)\b(?:api[ _-]?)?(?:key|token|secret)\b[\s'\"]{0,2}(?:is|was|:|=)?[\s'\"]{0,3}\K[\w+/=.-]{12,}", checks.random_looking, "key token secret api"),
    Rule(
        "SECRET",
        "after its cue",
        r"(?i:\b(?:pass(?:word|code|phrase|wort)?|kennwort|contraseña|senha|wachtwoord|parola d['’]ordine|mot de passe|pwd|otp|pin(?:\s+code)?|api[ _-]?key|secret|cvv2?|cvc)\b"
        r"(?:\s{0,9}(?:is|was|ist|est|es|è|é|:|=)(?:\s{1,9}|(?<=[:=]))|\s{1,9}(?=\S{0,60}\d)))\K(?!(?i:not|wrong|the|a|my|incorrect|reset|still|too|in|on|is|usually|only|also|just|being|needed|required|valid|invalid|correct|different|same|case|longer|at|has|been|working|safe|secure|very|that|this|no|never|always|expired|blocked|locked|compromised|and|or|for|to|of|with|so|as|sent|set|an|accepted|rejected|asked|visible|hidden|your|already|now|falsch|incorrecta|errata|onjuist)\b)\S{3,200}(?:(?<=[a-z]) \d{1,8}\b)?",
        cues=SECRET_CUES,
    ),
    Rule("SECRET", "spelt after its cue", rf"(?i)\b(?:pass(?:word|wort|code)|pasword|passowrd|passord|pw|pwd|kennwort|contraseña|senha|wachtwoord)(?: is| :|:)? \K(?=[a-z ]{{0,12}}\d){SPACED_CODE}", words.enough_digits, "password passwort passcode pasword passowrd passord pw pwd kennwort contraseña senha wachtwoord"),
    Rule("EMAIL", "address", rf"(?i)\b{LOCAL}@(?:{LABEL}\.){{1,8}}\p{{L}}{{2,24}}(?![^\W_])", at="mail"),
    Rule("EMAIL", "over two lines", rf"(?i)\b{LOCAL}+(?:(?:{WRAP}@|@{WRAP})(?:{LABEL}\.){{1,8}}|@{BROKEN_HOST})(?:{LABEL}\.){{0,8}}{TLD}(?![^\W_]|[-.]\w)", at="mail"),
    Rule(
        "EMAIL",
        "spelt out",
        r"(?i)(?<![\w.+-])[\w.+-]{1,64}(?:\s{0,3}[\[({<]\s{0,2}(?:at|@)\s{0,2}[\])}>]\s{0,3}|\s{1,3}at\s{1,3})[\w-]{1,63}(?:(?:\s{0,3}[\[({<]\s{0,2}(?:dot|\.)\s{0,2}[\])}>]\s{0,3}|\s{1,3}dot\s{1,3}|\.)[\w-]{1,63}){0,4}?"
        r"(?:\s{0,3}[\[({<]\s{0,2}(?:dot|\.)\s{0,2}[\])}>]\s{0,3}|\s{1,3}dot\s{1,3})(?:com|org|net|edu|gov|io|co|uk|de|fr|es|it|nl|eu|info|biz|us|ca|au|in)\b",
        holds="_dot_ _DOT_ _Dot_ dot] dot) dot} DOT] DOT) DOT} [.] (.) {.} <.> dot> DOT> Dot) Dot]",
    ),
    Rule("EMAIL", "half spelt out", r"(?i)(?<![\w.+-])[\w.+-]{1,64}\s{0,3}[\[({<]\s{0,2}(?:at|@)\s{0,2}[\])}>]\s{0,3}(?:[\w-]{1,63}\.){1,4}[a-z]{2,24}\b", holds="at] at) at} at> AT] AT) AT} AT> At) At] @] @) @} @>"),
    Rule("EMAIL", "without its signs", rf"(?i)(?<!\w)[a-z\d._-]{{0,37}}{_any(SPOKEN_HOSTS)}(?:com|couk|coin)(?!\w|\.\w)", words.run_together, parts="mailcom yahoocom outlookcom icloudcom aolcom livecom msncom couk coin"),
    Rule("EMAIL", "without its dot", r"(?<!\w)[a-z\d]{6,37}(?:com|net)(?!\w|\.\w)", words.run_together, parts="com net"),
    Rule("EMAIL", "with a number, without its signs", rf"(?i)(?<!\w)(?!(?:phone|ph|tel|mobile|number|no|cell|and|ssn|is|its|my)\b)[a-z]{{2,30}} \d{{1,8}} (?:and |at )?(?:[a-z]{{0,20}}{_any(SPOKEN_HOSTS)}|[a-z]{{3,20}}(?=com))(?:com|couk|coin|dotcom| com| dot com)?(?!\w|\.\w)", at="word and number"),
    Rule("EMAIL", "number and host", r"(?i)(?<!\w)\d{1,8} (?:gmail|yahoo|hotmail|ymail|outlook)(?:com)?(?!\w|\.\w)", at="number", head=r"\d{1,8} "),
    Rule("URL", "address", r"(?i)\b(?:https?|ftps?|sftp|ssh|file|git)://[^\s<>\"'|\\^`{}]{1,2000}(?<![.,;:!?)\]*_~])", cues="http https ftp ftps sftp ssh file git"),
    Rule("URL", "www", r"(?i)(?<![\w/.@-])www\.[\w-]{1,63}\.[^\s<>\"'|\\^`{}]{1,2000}(?<![.,;:!?)\]*_~])", cues="www"),
    Rule(
        "URL",
        "domain",
        rf"(?i)(?<![\w@/.%+-])(?:[\p{{L}}\d](?:[\p{{L}}\d-]{{0,61}}[\p{{L}}\d])?\.){{1,6}}{TLD}(?![\w@]|-\w|\.\w)(?:(?::\d{{2,5}})?/[^\s<>\"'|\\^`{{}}]{{0,2000}}(?<![.,;:!?)\]*_~]))?",
        words.plausible_domain,
        guard=r"\.[A-Za-z]{2}",
    ),
    Rule("IBAN", "checked", rf"(?i)(?<![A-Za-z\d])(?=[a-z]{{2}}\d\d)(?:{IBANS})(?![A-Za-z\d])", iban, at="country and number"),
    Rule("BANK_ACCOUNT", "BIC after its cue", r"(?i)\b(?:swift|bic)(?:[ /-]?(?:code|bic))?\s{0,3}(?:is|:|=|lautet)?\s{0,3}\K(?-i:[A-Z]{6}[A-Z\d]{2}(?:[A-Z\d]{3})?)(?!\w)", cues="swift bic"),
    Rule("CREDIT_CARD", "Luhn", rf"(?<![A-Za-z\d])(?<!\d[.,-])\d(?:[{BLANK}-]?\d){{11,18}}(?![A-Za-z\d])(?!-\d)", luhn, at="number", head=rf"\d{{12,}}(?s:.)?|\d{{1,11}}[{BLANK}-]"),
    Rule("CREDIT_CARD", "grouped, Luhn", rf"(?<![A-Za-z\d])(?<!\d[.,-])(?:(?:\d{{4}}{CARD_GAP}){{3}}\d{{4}}|\d{{4}}{CARD_GAP}\d{{6}}{CARD_GAP}\d{{4,5}})(?![A-Za-z\d])(?![.-]\d)", luhn, at="number", head=r"\d{14,16}(?s:.)?|(?:\d{4}|\d{8}|\d{10}|\d{12})[\s./_‐-–<-]"),
    Rule("CREDIT_CARD", "last digits", r"(?i)\b(?:ending|ends|endet|endend|terminant|termina)\s{1,3}(?:in|with|on|auf|par|en|con|op|em)\s{1,3}\K\d(?: ?\d){2,3}(?!\w)", cues="ending ends endet endend terminant termina"),
    Rule("CREDIT_CARD", "masked", r"(?:(?<![*xX•])[*xX•]{4}[ -]?){1,3}\K\d{4}(?!\w)", holds="**** xxxx XXXX ••••"),
    Rule("CREDIT_CARD", "after its cue", rf"(?i)\b(?:(?:credit|debit|bank)\s?cards?|cards?|(?<!\d )cc|visa|mastercard|amex|credit (?=no|number|num|\d)|kreditkarte|tarjeta|carte (?:bancaire|bleue)|creditcard)\b{SAY}(?:{STOP}[a-z]{{2}} )?\K\d(?:[ -]?\d){{2,18}}(?!\w|[.,]\d|\s(?:days?|times?|hours?|weeks?|months?|years?))", cues="credit debit bank card cards cc visa mastercard amex kreditkarte tarjeta carte creditcard"),
    Rule("ID", "last digits", r"(?i)\blast (?:four|4|five|5|six|6|three|3)(?: ?digits?| ?nos?| ?numbers?)?(?: (?:of|for|on|in|is|are|its|my|the|your|saving|savings|account|acc|card|ssn|social|security|number|no|credit|debit|bank|company|to|as)){0,8}[\s:#-]{1,3}\K\d(?: ?\d){2,5}(?!\w)", cues="last"),
    Rule("SSN", "US", r"(?<![A-Za-z\d])(?<!\d-)\d{3}[- .]\d{2}[- .]\d{4}(?![A-Za-z\d])(?!-\d)", checks.social_security, at="number", head=r"\d{3}[- .]"),
    Rule("SSN", "after its cue", rf"(?i)\b(?:ssn|social(?: security)?)\b{SAY}\K\d(?:[ -]?\d){{2,10}}(?!\w)", cues="ssn social"),
    Rule("SSN", "before its cue", r"(?i)(?<![\w-])(?<!\d )\d{3,9}(?=,? (?:is )?(?:my |the )?(?:ssn|social security)\b)", at="number", head=r"\d{3,9}[ ,]"),
    Rule("DRIVER_LICENSE", "after its cue", rf"(?i)\b(?:driver['’]?s?|driving) licen[cs]e\b{SAY}\K(?=[\w-]{{0,20}}\d)[a-z\d][a-z\d-]{{4,20}}(?!\w)", cues="driver drivers driving"),
    Rule("PASSPORT", "after its cue", rf"(?i)\bpassport\b{SAY}\K(?=[\w-]{{0,20}}\d)[a-z\d]{{6,12}}(?!\w)", cues="passport"),
    Rule("IP_ADDRESS", "v4", r"(?<![A-Za-z\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]{0,20}\d)", checks.ip_address, at="number", head=r"\d{1,3}\."),
    Rule("IP_ADDRESS", "v6", r"(?i)(?<![\w:.])(?:[\da-f]{0,4}:){2,7}(?:[\da-f]{0,4}|\d{1,3}(?:\.\d{1,3}){3})(?![\w:]|\.\w)", checks.ip_address, guard=r":[\dA-Fa-f]{0,4}:"),
    Rule("MAC_ADDRESS", "six pairs", r"(?i)(?<![A-Za-z\d:])[\da-f]{2}(?::[\da-f]{2}){5}(?![A-Za-z\d:])", guard=r":[\dA-Fa-f]{2}:[\dA-Fa-f]{2}:"),
    Rule("MAC_ADDRESS", "six pairs, hyphens", r"(?i)(?<![A-Za-z\d-])[\da-f]{2}(?:-[\da-f]{2}){5}(?![A-Za-z\d-])", guard=r"-[\dA-Fa-f]{2}-[\dA-Fa-f]{2}-"),
    Rule("MAC_ADDRESS", "three groups", r"(?i)(?<![\w.])[\da-f]{4}\.[\da-f]{4}\.[\da-f]{4}(?![\w.])", guard=r"\.[\dA-Fa-f]{4}\."),
    Rule("COORDINATES", "decimal degrees", r"(?<![\w.])-?\d{1,3}\.\d{4,10},\s{0,3}-?\d{1,3}\.\d{4,10}(?!\w)", checks.on_earth, at="signed number"),
    Rule("COORDINATES", "degrees and minutes", r"(?<![\w.])\d{1,3}°\s?\d{1,2}['’′](?:\s?\d{1,2}(?:\.\d{1,4})?[\"”″])?\s?[NS],?\s{0,3}\d{1,3}°\s?\d{1,2}['’′](?:\s?\d{1,2}(?:\.\d{1,4})?[\"”″])?\s?[EWO]\b", at="number", head=r"\d{1,3}°"),
    Rule(
        "DATE_OF_BIRTH",
        "after its cue",
        rf"(?i)\b(?:born|birthday|birth\s?date|dob|(?<=\bd\.o\.)b\.|date of birth|geboren|geburtsdatum|geburtstag|née?|naissance|nacid[oa]|nacimiento|nat[oa]|nascita|nascid[oa]|nascimento|geboortedatum)\b[\s:,.]{{0,9}}(?:is|on|was|am|le|el|il|em|op|ist|it's|in)?[\s:]{{0,9}}\K{BIRTH_DATE}",
        cues="born birthday birth birthdate dob b date geboren geburtsdatum geburtstag né née naissance nacido nacida nacimiento nato nata nascita nascido nascida nascimento geboortedatum",
    ),
    Rule(
        "ADDRESS",
        "number and street",
        rf"(?<![\w-])\d{{1,5}}[A-Za-z]?,?\s{{1,3}}(?:{NAME_WORD}\.?\s{{1,3}}|\d{{1,3}}(?:st|nd|rd|th)\s{{1,3}}){{1,4}}{STREET_CAPITALISED}\b\.?{UNIT}{CITY}{ZIP}",
        at="number", head=r"\d{1,5}[A-Za-z,\s]",
    ),
    Rule("ADDRESS", "lower case", rf"(?i)(?<![\w:.-])\d{{1,5}}[a-z]?\s{{1,3}}(?!(?:day|min|hour|week|month|year)s?\b)(?:[a-z'’]{{1,30}}\s{{1,3}}){{1,2}}{_any(f'{STREET_ABBREVIATED} {STREET_LOWER}')}\b(?!\s?[a-z]{{0,10}}map)", at="number", head=r"\d{1,5}[A-Za-z\s]"),
    Rule("ADDRESS", "street and number", r"\b\p{Lu}[\p{L}-]{0,40}(?:straße|strasse|str\.|weg|gasse|allee|platz|laan|straat|gatan|vej|plein|gracht|kade)\s{1,3}\d{1,4}(?:\s?[a-z])?\b(?<!\s)", parts="straße strasse str. weg gasse allee platz laan straat gatan vej plein gracht kade"),
    Rule("ADDRESS", "rue, via, calle", r"\b(?i:rue|avenue|boulevard|via|viale|piazza|calle|avenida|plaza|rua|corso|travessa)\s{1,3}(?:(?:de|del|della|dei|du|des|la|las|los|le|da|do|dos|das|l['’])\s{0,3}){0,3}\p{Lu}[\p{L}'’-]{1,30}(?:\s\p{Lu}[\p{L}'’-]{1,30}){0,3},?\s{1,3}(?:n[.º°]? ?)?\d{1,4}\b", cues="rue avenue boulevard via viale piazza calle avenida plaza rua corso travessa"),
    Rule("ADDRESS", "number, rue", r"(?<![\w-])\d{1,4}(?:\s?(?:bis|ter))?,?\s{1,3}(?i:rue|avenue|boulevard|allée|chemin|impasse|place|quai)\s{1,3}(?:(?:de|du|des|la|le|l['’])\s{0,3}){0,3}\p{Lu}[\p{L}'’-]{1,30}(?:\s\p{Lu}[\p{L}'’-]{1,30}){0,3}", at="number", head=r"\d{1,4}[bt,\s]"),
    Rule("ADDRESS", "PO box", r"(?i)\b(?:p\.?\s?o\.?\s?box|postfach|apartado(?: postal)?|postbus|casella postale)\s{1,3}\d{1,7}\b", cues="p po pobox postfach apartado postbus casella"),
    Rule("LOCATION", "town between street and postcode", rf"(?:(?<=^[ \t>]{{0,8}})|(?<=[\p{{L}},] ))\d{{1,5}}(?: ?[A-Za-z]\b)?(?:,? [\p{{L}}.'’ -]{{3,50}})?,?{WRAP}\K\p{{Lu}}{TOWN}(?:,?{WRAP}\p{{Lu}}{TOWN})?(?=,?{WRAP}(?:{POSTCODE})[ \t,.]{{0,3}}$)", words.plausible, at="number", head=r"\d{1,5}[A-Za-z,\s]"),
    Rule("POSTCODE", "UK", r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b", at="code"),
    Rule("POSTCODE", "Canada", r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z] \d[A-Z]\d\b", at="code"),
    Rule("POSTCODE", "US state and zip", rf"\b{STATE},?\s{{1,9}}\d{{5}}(?:-\d{{4}})?\b", at="state and number"),
    Rule("POSTCODE", "and town", r"(?<![\w-])(?:[DF]-)?\d{5}\s(?=\p{Lu}\p{Ll}{2,30}(?:\s|[.,]|$)(?<=^\s{0,3}(?:[DF]-)?\d{5}\s.{0,40}|,\s(?:[DF]-)?\d{5}\s.{0,40}))", at="number", head=r"\d{5}\s"),
    Rule("POSTCODE", "and Dutch town", r"(?<![\w-])[1-9]\d{3} [A-Z]{2}(?=,? {1,2}\p{Lu}\p{L}{2,})", at="number", head=r"\d{4} "),
    Rule("POSTCODE", "after a town", r"(?<=\b(?:in|near|from|at) (?:\p{Lu}[\p{L}'’.-]{1,30},? (?:(?:de|do|da|di|du|of|la|am|an der) )?){1,4})(?!(?:1[89]|20)\d\d(?!\d))\d{4,5}(?:-\d{3,4}\b)?(?![\w-]|[.,:]\d)", at="number", head=r"\d{4,5}\W?"),
    Rule("POSTCODE", "last of an address", r"(?<=^[^\n]{0,60}\d[^\n]{0,20}\n[ \t>]{0,8}(?:\p{Lu}[\p{L}.'’-]{1,30}[ \n,]{1,2}[ \t>]{0,8}){1,4})\d{3,6}(?:-\d{3}| \d{2})?(?=[ \t]{0,9}(?:$|[.,]))", at="number", head=r"\d{3,6}[\s.,-]?"),
    Rule("POSTCODE", "after its cue", rf"(?i)\b(?:zip|(?:postal|post|pin)\s?(?:code)?|postleitzahl|plz|code postal|código postal|codice postale|cap|cep|postcode)\b{SAY}\K(?=[\w -]{{0,9}}\d)(?:[a-z]{{1,2}}\d[a-z\d]? ?\d[a-z]{{2}}|[a-z]\d[a-z] ?\d[a-z]\d|\d{{4}} ?[a-z]{{2}}|\d{{2,6}}(?:[ -]\d{{2,5}})?)(?!\w)", cues="zip zipcode postal post postcode pin postleitzahl plz code código codice cap cep"),
    Rule("POSTCODE", "zipcode", rf"(?i)\bzip\s?codes?\b{SAY}\K\d{{2,8}}(?:[ -]\d{{2,5}})?(?!\w)", cues="zip zipcode zipcodes"),
    Rule("ID", "after its cue", rf"(?i)\b(?:gift card|{_any(REFERENCE_WORDS)}){STRICT}\K(?=[\w-]{{0,40}}\d)[a-z\d][\w-]{{3,40}}(?![\w-])", words.no_quantity, cues=f"{REFERENCE_WORDS} gift"),
    Rule("ID", "code after its cue", rf"(?i)\b(?:(?:booking|confirmation|conformation|reference|claim|policy|clm)\b{SAY})\K(?=[a-z -]{{0,8}}\d){SPACED_CODE}(?<=\d.{{0,12}}\d)", words.no_quantity, cues="booking confirmation conformation reference claim policy clm"),
    Rule("ID", "account", rf"(?i)\b(?:acc(?:oun)?t?|acount|(?<=\ba/)c|ac|konto(?:nummer)?|cuenta|compte|conto|rekening)\b{SAY}(?:{STOP}[a-z]{{2}} )?\K\d(?:[ -]?\d){{3,17}}(?!\w|[.,]\d)", cues="account acct acc acount ac c konto kontonummer cuenta compte conto rekening"),
    Rule("ID", "my number", r"(?i)(?<=\b(?:my (?:number|num|no|id|code|pin)|it['’]?s|it is)(?: is| are|:)? )\d(?:[ -]?\d){3,17}(?=[.!]?(?:$|\s(?:and|my|ok|okay|thanks|thank|please|sir)\b))", words.no_quantity, at="number"),
    Rule("ID", "letters and digits", r"\b[A-Z]{2,5}[-_]?\d{4,30}[A-Z\d-]{0,30}\b", at="code"),
    Rule("ID", "hash and digits", r"(?<!\w)#\d{3,30}\b", guard="#[0-9]{3}"),
    Rule("ID", "long number", r"(?<![\w.,-])\d{8,}(?![\w-])", at="number", head=r"\d{8,}(?s:.)?"),
    Rule("ID", "only a code", rf"(?i)\A\s{{0,3}}(?:(?:ok|okay|yes|yeah|ya|sure|sorry|hi|oh|no|its|it's|it|is|number|the|my|here|and|id|code|sir)[,.:]?\s{{1,2}}){{0,5}}\K(?=[a-z ]{{0,12}}\d){SPACED_CODE}(?:,? (?:and|other) (?=[a-z ]{{0,12}}\d){SPACED_CODE}){{0,2}}(?=(?: sir| please| thanks?| ok)?[.!]?\s{{0,3}}\Z)", words.enough_digits, at="answer"),
    Rule("ID", "last of a short answer", rf"\A(?!.{{0,80}}\b{_any(words.AMOUNTS)}\b)(?:(?:my )?[a-z]{{2,20}},? ){{1,4}}?(?:and )?\K(?=[a-z ]{{0,7}}\d){SPACED_CODE}(?<=\d.{{0,9}}\d.{{0,9}}\d)(?=[ .]?\Z)", words.enough_digits, at="answer"),
    Rule("HANDLE", "at sign", r"(?<![\w@.])@[A-Za-z_][\w.-]{1,38}\b", at="@"),
    Rule("HANDLE", "after its cue", r"(?i)\b(?:user\s?name|login|user\s?id|user|handle|skype|discord|telegram|instagram|benutzername|nom d['’]utilisateur|usuario|nome utente|gebruikersnaam|usuário)\s{0,3}(?:is|:|=|ist|est|es|è|é)\s{0,3}\K(?!(?:not|the|a|an|wrong|unable|trying|on|in|at|to|my|now|still|getting)\b)[\w.@+-]{3,60}\b", cues="username user login handle skype discord telegram instagram benutzername nom usuario nome gebruikersnaam usuário"),
    Rule("HANDLE", "Discord", r"(?<![\w#])[\w.]{2,32}#\d{4}\b", guard="#[0-9]{4}"),
    Rule("DATE", "numeric", rf"(?<![\w./-]){NUMERIC_DATE}{TIME}?(?![\w/]|[.-]\d)", at="number", head=r"\d{1,4}[-/.]"),
    Rule("DATE", "day and month", rf"(?i)(?<![\w./-]){DAY}(?:st|nd|rd|th|\.|er|º)?[ -](?:of |de )?{MONTH}(?:,?[ -](?:de )?(?:{YEAR}|['’]\d\d)\b)?", at="number", head=r"\d{1,2}[^\W\d_]|\d{1,2}[ .º-]"),
    Rule("DATE", "month and day", rf"(?i)\b{MONTH} (?:the )?{DAY}(?:st|nd|rd|th)?\b(?![:.]\d)(?:,? {YEAR}\b)?", cues=f"{MONTHS} {MONTHS_ABROAD} {SHORT_MONTHS}"),
    Rule("DATE", "month and year", rf"(?i)\b{MONTH},? (?:of |de )?{YEAR}\b", cues=f"{MONTHS} {MONTHS_ABROAD} {SHORT_MONTHS}"),
    Rule("DATE", "year", rf"(?i)(?<=\b(?:in|since|during|of|a|the|from|until|till|by|before|after|early|late|mid|for|and|around|circa|seit|im jahr|en|depuis|nel|desde|sinds) ){YEAR}(?!\w|[.,:/-]\d| ?(?:%|°|(?:people|users|times|units|items|customers|dollars|euros|pounds|words|characters|miles|km|kg|mb|gb|watts?|mah|rpm|hours|days|minutes|volts?)\b))", at="number", head=r"\d{4}\W?"),
    Rule("DATE", "weekday", rf"(?i)\b{_any(WEEKDAYS)}s?\b", cues=" ".join(f"{day} {day}s" for day in WEEKDAYS.split())),
    Rule("AGE", "years old", r"(?i)(?<![\w.,$€£-])\d{1,3}(?=(?:[ -](?:years?|yrs?)[ -](?:old|of age)|[ -]?(?:yrs?|y)[ /]?o\b| Jahre(?:n)? alt\b| jaar oud\b))", checks.age, at="number", head=r"\d{1,3}[ yY-]"),
    Rule("AGE", "after its cue", r"(?i)\b(?:aged?(?: is| of|:)?|(?:just )?turn(?:s|ed|ing)?|alter(?: von|:)|âge(?: de|:)?|edad(?: de|:)?|età(?: di|:)?|leeftijd(?: van|:)?|idade(?: de|:)?)\s{1,2}\K\d{1,3}(?!\w|[.,:/%-]\d|\s?(?:%|°|degrees|percent|times|minutes|hours|days|am\b|pm\b|pages|items|points|months))", checks.age, "age aged turn turns turned turning alter âge edad età leeftijd idade"),
    Rule("AGE", "I am", r"(?i)(?:(?<=\bi['’]?)m|(?<=\bi )am)\s(?:only |just |now |already )?\K\d{1,3}(?=\s{0,2}(?:[.;!?)](?!\d)|,(?!\d)|$|(?:and|years?|yrs?|y/?o|male|female|now|but|with a)\b))(?!\s(?:years?|yrs?)\s(?!old|of age|young))", checks.age, "m am im"),
    Rule("AGE", "when they were", r"(?i)\bwhen (?:he|she|i|they|we) (?:was|were|is|am|turned) (?:only |just )?\K\d{1,3}(?!\w|[.,:/%-]\d|\s?(?:%|°|degrees|percent|minutes|hours|days|months|weeks|miles|feet|points))", checks.age, "when"),
    Rule("AGE", "has years", r"(?i)(?<=\b(?:ai|a|ho|ha|tengo|tiene|tenho|tem|ben|bin|ist|is|of) )\d{1,3}(?= (?:ans|anni|años|anos|jahre alt|jaar)\b)", checks.age, at="number", head=r"\d{1,3} "),
    Rule("TITLE", "before a name", rf"(?i)(?<!['’\w])(?<!\d [^\W\d_]{{1,20}} )(?:(?:sir|madam|miss)\b(?!\.)|{_any(TITLES)}\b(?<!sir|madam|miss)\.?)(?=\s{{1,3}}(?-i:\p{{Lu}})|\s{{1,3}}\p{{Ll}}{{3,}}\b(?<=(?:mr|mrs|ms|dr|prof)\.\s{{1,3}}\p{{Ll}}{{3,30}}))", cues=TITLES),
    Rule("NATIONALITY", "demonym", rf"(?i)\b{_any(' '.join(words.DEMONYMS))}(?:s|es)?\b(?! (?:Republic|Union)\b)", words.plausible_demonym, cues=" ".join(form for word in words.DEMONYMS for form in (word, f"{word}s", f"{word}es"))),
    *_introductions(),
    Rule("PERSON", "introduces themself, lower case", rf"(?i:(?<=\bmy (?:full )?)name(?:['’]s| is)\s{{1,9}})\K\p{{Ll}}[\p{{L}}'’-]{{0,40}}(?:\s{{1,9}}(?!{_any(' '.join(words.NOT_NAMES | words.AFTER_A_NAME))}\b)\p{{Ll}}[\p{{L}}'’-]{{1,40}})?", words.plausible, "name"),
    Rule("PERSON", "this is", rf"(?i:\bthis is\s{{1,9}}|(?<=\bi )am\s{{1,9}}|(?<=\bi['’])m\s{{1,9}})\K{NAME_WORD}[ \t]{{1,9}}{NAME_WORD}\b(?=\s{{0,9}}(?:[.,!;\n(]|$|from|with|at|and|calling|writing|here))", words.plausible, "this am m"),
    Rule("PERSON", "title", rf"(?i:\b(?:(?:sir|madam|miss)\b(?!\.)|{_any(TITLES)}\b(?<!sir|madam|miss)\.?)\s{{1,9}})\K{FULL_NAME}", words.plausible, TITLES),
    Rule("PERSON", "greeting", rf"(?i:(?<=^[ \t>]{{0,20}}){_any(GREETINGS)}|(?<=^[ \t>]{{0,20}}good )(?:morning|afternoon|evening)|(?<=^[ \t>]{{0,20}})thank you|(?<=^[ \t>]{{0,20}}(?:sehr )?)geehrter?|(?<=^[ \t>]{{0,20}}guten )tag|(?<=^[ \t>]{{0,20}}(?:buenos |bom ))(?:días|dia))[ ,]{{1,3}}\K{FULL_NAME}(?=\s{{0,9}}(?:[,!.:;–-]|$))", words.plausible, f"{GREETINGS} morning afternoon evening thank geehrte geehrter tag días dia"),
    Rule("PERSON", "sign-off", rf"(?i:\b{_any(SIGN_OFFS)}(?: you)?(?: vous)?[,.!]{{0,3}}[ \t]{{0,9}}\n\s{{0,20}})\K{FULL_NAME}(?=[ \t]{{0,20}}(?:[,.]|$))", words.plausible, SIGN_OFFS),
]  # fmt: skip


SECONDS_A_RULE = 10.0
HEADS_KEPT = 4096

Place = tuple[int, int]


def _strings(listed: str) -> tuple[str, ...]:
    return tuple(string.replace("_", " ") for string in listed.split())


class Compiled:
    """A rule ready to be used. It does not give up: a text that takes it longer than `SECONDS_A_RULE` raises
    TimeoutError."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.reason = rule.reason
        self._pattern = regex.compile(rule.pattern, regex.MULTILINE)
        self._guard = re.compile(rule.guard) if rule.guard else None
        self._holds = _strings(rule.holds)
        self._head = re.compile(rule.head) if rule.head else None
        self._score = 1.0 if rule.check else 0.6

    def everywhere(self, text: str) -> Iterator[Place]:
        """The matches that pass the check, wherever they begin. One that does not pass hides none that begins in it."""
        if not self._may_be_in(text):
            return
        late = monotonic() + SECONDS_A_RULE
        at = 0
        while match := self._pattern.search(text, at, timeout=max(0.0, late - monotonic())):
            passes = self._passes(match)
            if passes:
                yield match.span()
            at = match.end() if passes else match.start() + 1

    def at(self, text: str, places: Iterable[int]) -> Iterator[Place]:
        """Those that begin at one of `places`, in order. Such a rule looks a bounded way ahead: the clock is read
        between places only, as reading it takes longer than a match."""
        pattern = self._pattern
        late = monotonic() + SECONDS_A_RULE
        done = 0
        for place in places:
            if place >= done and (match := pattern.match(text, place)):
                if monotonic() > late:
                    raise TimeoutError
                if self._passes(match):
                    done = match.end()
                    yield match.span()

    def fits(self, number: str) -> bool:
        """Whether the rule may begin at such a number (see `Scene.heads`)."""
        return self._head is None or self._head.fullmatch(number) is not None

    def _may_be_in(self, text: str) -> bool:
        if self._holds:
            return any(map(text.__contains__, self._holds))
        return self._guard is None or self._guard.search(text) is not None

    def span(self, place: Place) -> Span:
        return Span(*place, self.rule.entity, self._score, Patterns.name, self.reason)

    def _passes(self, match: Any) -> bool:
        found = match.group()
        return bool(found) and (self.rule.check is None or self.rule.check(found))


class Recognizer(PatternRecognizer):  # type: ignore[misc]
    """A rule of the table as Presidio knows it, but one that does not give up: where Presidio's own loop would go on
    as if nothing were in a text that takes too long, it raises TimeoutError."""

    def __init__(self, rule: Rule, language: str = "en") -> None:
        self._compiled = Compiled(rule)
        super().__init__(
            supported_entity=rule.entity,
            name=rule.reason,
            supported_language=language,
            patterns=[Pattern(rule.name, rule.pattern, 0.6)],
            global_regex_flags=regex.MULTILINE,
        )

    def validate_result(self, pattern_text: str) -> bool | None:
        check = self._compiled.rule.check
        return check(pattern_text) if check else None

    def analyze(
        self, text: str, entities: Sequence[str], nlp_artifacts: object = None, regex_flags: int | None = None
    ) -> list[RecognizerResult]:
        """The rule's matches that pass its check.

        Raises:
            TimeoutError: the text took too long.
        """
        return [self._result(place) for place in self._compiled.everywhere(text)]

    def _result(self, place: Place) -> RecognizerResult:
        (pattern,) = self.patterns
        passed = True if self._compiled.rule.check else None
        score = self.MAX_SCORE if passed else pattern.score
        explanation = self.build_regex_explanation(
            self.name, pattern.name, pattern.regex, pattern.score, passed, regex.MULTILINE
        )
        explanation.score = score
        who = {RecognizerResult.RECOGNIZER_NAME_KEY: self.name, RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id}
        return RecognizerResult(self.supported_entities[0], *place, score, explanation, who)


def recognizers(language: str = "en") -> list[Recognizer]:
    """The table as Presidio recognizers."""
    return [Recognizer(rule, language) for rule in RULES]


class Patterns:
    """The built-in pattern detector. `languages`: those whose cue words the table knows."""

    name = "patterns"
    languages = frozenset({"en", "de", "fr", "es", "it", "nl", "pt"})

    def __init__(self, regions: Sequence[str] = ("US", "GB")) -> None:
        self._regions = tuple(regions)
        self._national = National(self._regions)
        self._by_word: dict[str, list[Compiled]] = defaultdict(list)
        self._by_anchor: dict[str, list[Compiled]] = defaultdict(list)
        self._by_part: dict[str, list[Compiled]] = defaultdict(list)
        self._anywhere: list[Compiled] = []
        self._numeric: list[Compiled] = []
        self._by_head: dict[str, Sequence[Compiled]] = {}
        for rule in RULES:
            self._file(Compiled(rule))

    def find(self, text: str, language: str = "en") -> list[Span]:
        """Spans of every rule, overlapping ones included, in the text as it is written and as it reads.

        Raises:
            TimeoutError: the text took too long.
        """
        scene = Scene(text)
        spans = self._in(scene)
        if seen := view(scene):
            again = self._in(Scene(seen.plain))
            moved = [Span(*seen.place(s.start, s.end), s.entity, s.score, s.detector, s.reason) for s in again]
            spans = [*dict.fromkeys([*spans, *moved])]
        return spans

    def find_all(self, texts: Sequence[str], language: str = "en") -> list[list[Span]]:
        return [self.find(text, language) for text in texts]

    def _file(self, compiled: Compiled) -> None:
        """Puts a rule where its cue words, its parts or its anchor will find it."""
        rule = compiled.rule
        for shelf, names in ((self._by_word, rule.cues), (self._by_part, rule.parts)):
            for name in dict.fromkeys(names.split()):
                shelf[name].append(compiled)
        if rule.at == "number":
            self._numeric.append(compiled)
        elif rule.at:
            self._by_anchor[rule.at].append(compiled)
        if not (rule.cues or rule.parts or rule.at):
            self._anywhere.append(compiled)

    def _in(self, scene: Scene) -> list[Span]:
        spans = [*phones.find(scene, self._regions), *self._national.find(scene.text)] if scene.numbers else []
        for compiled, places in self._candidates(scene):
            spans += map(compiled.span, compiled.at(scene.text, places))
        for compiled in self._anywhere:
            spans += map(compiled.span, compiled.everywhere(scene.text))
        return spans

    def _candidates(self, scene: Scene) -> Iterator[tuple[Compiled, Iterable[int]]]:
        """The rules to try, and where."""
        if scene.numbers:
            yield from self._at_numbers(scene)
        anchored = self._by_anchor.items() if scene.numbers or "@" in scene.text else ()
        for anchor, rules in anchored:
            if places := list(ANCHORS[anchor](scene)):
                yield from ((compiled, places) for compiled in rules)
        tried: dict[Compiled, set[int]] = defaultdict(set)
        for word in self._by_word.keys() & scene.words:
            places = list(scene.places(word))
            for compiled in self._by_word[word]:
                tried[compiled].update(places)
        for part, rules in self._by_part.items():
            if part in scene.lower:
                for compiled in rules:
                    tried[compiled].update(scene.within(part))
        yield from ((compiled, sorted(places)) for compiled, places in tried.items())

    def _at_numbers(self, scene: Scene) -> Iterator[tuple[Compiled, Sequence[int]]]:
        tried: dict[Compiled, list[int]] = defaultdict(list)
        for place, head in scene.heads:
            for compiled in self._beginning(head):
                tried[compiled].append(place)
        yield from tried.items()

    def _beginning(self, head: str) -> Sequence[Compiled]:
        """The rules that may begin at such a number."""
        if head not in self._by_head:
            if len(self._by_head) > HEADS_KEPT:
                self._by_head.clear()
            self._by_head[head] = tuple(compiled for compiled in self._numeric if compiled.fits(head))
        return self._by_head[head]
