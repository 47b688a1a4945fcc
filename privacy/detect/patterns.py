"""Text -> spans of personal data that has a shape: addresses, numbers, secrets, names after a cue.

Each rule is a Presidio recognizer, so that a Presidio user can add `recognizers()` to a registry of their own. A rule
is one line of the table `RULES`: what it finds, the pattern (the `regex` module's dialect; `\\K` starts the span after
a cue), and a check that a match must pass. They are called directly rather than through Presidio's `AnalyzerEngine`,
which would tokenise every text for a context boost that these rules do not need: their cues are in the patterns.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import phonenumbers
import regex
from presidio_analyzer import Pattern, PatternRecognizer, RecognizerResult

from deskwright.plugins import Span
from privacy.detect import words

Check = Callable[[str], bool]


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def luhn(text: str) -> bool:
    """ISO/IEC 7812-1 check digit, and a first digit (2 to 6) and length that card networks issue."""
    digits = [int(digit) for digit in _digits(text)]
    amex_length = len(digits) in (14, 15)
    if digits[0] not in range(2, 7) or amex_length != (digits[0] == 3 and len(digits) != 16) or len(set(digits)) == 1:
        return False
    doubled = [digit if i % 2 == 0 else sum(divmod(2 * digit, 10)) for i, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def iban(text: str) -> bool:
    """ISO 13616: mod 97 of the rearranged account number is 1."""
    compact = re.sub(r"[\s-]", "", text).upper()
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1


def ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def social_security(text: str) -> bool:
    """US SSN: areas 000, 666 and 900-999, group 00 and serial 0000 are never issued (ssa.gov, 2011 rules)."""
    area, group, serial = re.split(r"[- ]", text)
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
DATE = (
    r"(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH},?\s+\d{{2,4}}|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{2,4}})"
)
REFERENCE = (
    r"(?:order|ticket|invoice|case|reference|ref|tracking|purchase|account|customer|booking|confirmation|refund"
    r"|parcel|shipment|shipping|delivery|membership|member|policy|serial|transaction|payment|subscription|contract"
    r"|return|rma|claim|gift ?card|voucher|coupon|passport|licen[cs]e|tax|vat|insurance|national)"
)
STREET = r"(?:street|st|road|rd|avenue|ave|boulevard|blvd|lane|ln)"
STREET_CAPITALISED = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Terrace|Close"
    r"|Crescent|Cres|Row|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Mews|Gardens|Grove|Quay|Walk|Hill|Trail|Alley|Rise|View)"
)
UNIT = r"(?:,?\s+(?i:apt|apartment|unit|flat|suite|floor|room|#)\.?\s*[\w-]{1,6})?"
CITY = r"(?:,\s*[A-Z][\w'’.-]+(?:\s[A-Z][\w'’.-]+){0,2})?"
ZIP = r"(?:,?\s*(?:[A-Z]{2}\s+)?\d{5}(?:-\d{4})?|,?\s*[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2})?"
NAME_WORD = r"\p{Lu}[\p{L}\p{M}'’-]*"
FULL_NAME = (
    rf"{NAME_WORD}(?:[ \t]+(?:\p{{Lu}}\.|(?:de|da|del|der|van|von|bin|ibn|al|la|le|di|dos|das)\b|{NAME_WORD})){{0,3}}"
)


@dataclass(frozen=True)
class Rule:
    """One line of the table: entity, name of the rule, pattern, optional check."""

    entity: str
    name: str
    pattern: str
    check: Check | None = None


RULES = [
    Rule("SECRET", "private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),
    Rule("SECRET", "token", r"\b(?:sk|pk|rk)[-_][\w-]{16,}|\bgh[pousr]_\w{20,}|\bxox[a-z]-[\w-]{10,}|\bAKIA[A-Z0-9]{16}\b"),
    Rule("SECRET", "JSON web token", r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    Rule(
        "SECRET",
        "after its cue",
        r"(?i:\b(?:pass(?:word|code|phrase)|pwd|pin(?:\s+code)?|api[ _-]?key|secret|cvv2?|cvc)\b"
        r"(?:\s*(?:is|was|:|=)\s*|\s+(?=\S*\d)))\K(?!(?:not|wrong|the|a|my|incorrect|reset|still|too|in|on)\b)\S{3,}",
    ),
    Rule("EMAIL", "address", r"(?i)\b[\w.!#$%&'*+/=?^`{|}~-]+@(?:[\p{L}\d](?:[\p{L}\d-]*[\p{L}\d])?\.)+\p{L}{2,24}\b"),
    Rule(
        "EMAIL",
        "spelt out",
        r"(?i)\b[\w.+-]+\s*[\[(]?\s*\bat\b\s*[\])]?\s*[\w-]+(?:\s*[\[(]?\s*\bdot\b\s*[\])]?\s*[\w-]+)*"
        r"\s*[\[(]?\s*\bdot\b\s*[\])]?\s*(?:com|org|net|edu|gov|io|co|uk|de|fr|es|it|nl|eu|info|biz|us|ca|au|in)\b",
    ),
    Rule("URL", "address", r"(?i)\b(?:https?|ftp)://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]|\bwww\.[\w-]+\.[^\s<>\"']*[\w/]"),
    Rule("IBAN", "checked", r"(?i)\b[a-z]{2}\d{2}(?:[ -]?[a-z\d]{4}){2,7}(?:[ -]?[a-z\d]{1,4})?\b", iban),
    Rule("CREDIT_CARD", "Luhn", r"(?<![\w-])\d(?:[ -]?\d){11,18}(?![\w-])", luhn),
    Rule("CREDIT_CARD", "last digits", r"(?i)\b(?:ending|ends)\s+(?:in|with)\s+\K\d{4}\b|(?:[*xX•]{4}[ -]?){1,3}\K\d{4}\b"),
    Rule("SSN", "US", r"(?<![\w-])\d{3}[- ]\d{2}[- ]\d{4}(?![\w-])", social_security),
    Rule("IP_ADDRESS", "v4", r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)", ip_address),
    Rule("IP_ADDRESS", "v6", r"(?i)(?<![\w:.])(?:[\da-f]{0,4}:){2,7}[\da-f]{0,4}(?![\w:.])", ip_address),
    Rule("MAC_ADDRESS", "six pairs", r"(?i)(?<![\w:-])(?:[\da-f]{2}[:-]){5}[\da-f]{2}(?![\w:-])"),
    Rule("COORDINATES", "decimal degrees", r"(?<![\w.])-?\d{1,3}\.\d{4,},\s*-?\d{1,3}\.\d{4,}"),
    Rule("DATE_OF_BIRTH", "after its cue", rf"(?i)\b(?:born|birthday|birth\s?date|dob|date of birth)\b[\s:,]*(?:is|on|was)?[\s:]*\K{DATE}"),
    Rule(
        "ADDRESS",
        "number and street",
        rf"(?<![\w-])\d{{1,5}}[A-Za-z]?,?\s+(?:{NAME_WORD}\.?\s+|\d{{1,3}}(?:st|nd|rd|th)\s+){{1,4}}{STREET_CAPITALISED}\b\.?{UNIT}{CITY}{ZIP}",
    ),
    Rule("ADDRESS", "lower case", rf"(?i)(?<![\w-])\d{{1,5}}[a-z]?\s+(?!(?:day|min|hour|week|month|year)s?\b)(?:[a-z'’]+\s+){{1,2}}{STREET}\b(?!\s*[a-z]*(?:map))"),
    Rule("ADDRESS", "street and number", r"\b\p{Lu}[\p{L}-]*(?:straße|strasse|str\.|weg|gasse|allee|platz|laan|straat|gatan|vej)\s+\d{1,4}\s?[a-z]?\b"),
    Rule("ADDRESS", "rue, via, calle", r"\b(?:\d{1,4}(?:\s?(?:bis|ter))?,?\s+)?(?i:rue|avenue|boulevard|via|calle|plaza|rua|corso)\s+(?:(?:de|del|della|du|des|la|le|da|do|l')\s*){0,3}\p{Lu}[\p{L}'’-]+(?:\s+\p{Lu}[\p{L}'’-]+){0,3}(?:,?\s+\d{1,4})?(?<=\d.*)"),
    Rule("ADDRESS", "PO box", r"(?i)\bp\.?\s?o\.?\s?box\s+\d+"),
    Rule("POSTCODE", "UK", r"\b(?:[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2})\b"),
    Rule("POSTCODE", "US state and zip", r"\b(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]),?\s+\d{5}(?:-\d{4})?\b"),
    Rule("POSTCODE", "after its cue", r"(?i)\b(?:zip|postal|post)\s?code\s*(?:is|:)?\s*\K[a-z\d]{2,5}[ -]?[a-z\d]{2,5}\b(?<=\d.{0,9})"),
    Rule("ID", "after its cue", rf"(?i)\b{REFERENCE}(?:\s+(?:no|number|num|nr|id|code|#))?\.?\s*(?:is|was|:|=|#|number|no\.?)?[\s#:]*\K(?=[\w-]*\d)[a-z\d][\w-]{{3,}}\b"),
    Rule("ID", "letters and digits", r"\b[A-Z]{2,5}[-_]?\d{4,}[A-Z\d-]*\b"),
    Rule("ID", "hash and digits", r"(?<!\w)#\d{3,}\b"),
    Rule("ID", "long number", r"(?<![\w.,-])\d{8,}(?![\w-])"),
    Rule("HANDLE", "at sign", r"(?<![\w@.])@[A-Za-z_][\w.-]{1,38}\b"),
    Rule("HANDLE", "after its cue", r"(?i)\b(?:user\s?name|login|user id|handle)\s*(?:is|:|=)\s*\K[\w.@+-]{3,}\b"),
    Rule("PERSON", "introduces themself", rf"(?i:\bmy (?:full )?name(?:['’]s| is)\s+|\bname\s*:\s*|\bi am called\s+)\K{FULL_NAME}", words.plausible),
    Rule("PERSON", "introduces themself, lower case", r"(?i:\bmy (?:full )?name(?:['’]s| is)\s+)\K\p{Ll}[\p{L}'’-]+(?:\s+\p{Ll}[\p{L}'’-]+)?", words.plausible),
    Rule("PERSON", "this is", rf"(?i:\bthis is\s+|\bi am\s+|\bi['’]m\s+)\K{NAME_WORD}[ \t]+{NAME_WORD}\b(?=\s*(?:[.,!;\n(]|$|from|with|at|and|calling|writing|here))", words.plausible),
    Rule("PERSON", "title", rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herr|Frau|Madame|Monsieur|Señor|Señora)\.?\s+\K{FULL_NAME}", words.plausible),
    Rule("PERSON", "greeting", rf"(?im:^\s*(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)|thanks|thank you|hallo|liebe[r]?|bonjour|hola|ciao)[ ,]+)\K{FULL_NAME}(?=\s*(?:[,!.:;–-]|$))", words.plausible),
    Rule(
        "PERSON",
        "sign-off",
        r"(?im:^.{0,80}\b(?:regards|thanks|thank you|cheers|sincerely|faithfully|best|wishes|yours|grüße|cordialement|saludos)[,.!]*[ \t]*\n\s*)"
        rf"\K{FULL_NAME}(?=[ \t]*(?:[,.]|$))",
        words.plausible,
    ),
]  # fmt: skip


SECONDS_A_RULE = 10.0


class Recognizer(PatternRecognizer):  # type: ignore[misc]
    """A rule of the table as Presidio knows it, but one that does not give up: a text that takes the rule longer than
    `SECONDS_A_RULE` raises TimeoutError, where Presidio's own loop would go on as if nothing were in it."""

    def __init__(self, rule: Rule, language: str = "en") -> None:
        self._rule = rule
        self._compiled = regex.compile(rule.pattern, regex.MULTILINE)
        super().__init__(
            supported_entity=rule.entity,
            name=f"{rule.entity.lower()}: {rule.name}",
            supported_language=language,
            patterns=[Pattern(rule.name, rule.pattern, 0.6)],
            global_regex_flags=regex.MULTILINE,
        )

    def validate_result(self, pattern_text: str) -> bool | None:
        return self._rule.check(pattern_text) if self._rule.check else None

    def analyze(
        self, text: str, entities: Sequence[str], nlp_artifacts: object = None, regex_flags: int | None = None
    ) -> list[RecognizerResult]:
        """The rule's matches that pass its check.

        Raises:
            TimeoutError: the text took too long.
        """
        matches = self._compiled.finditer(text, timeout=SECONDS_A_RULE)
        checked = ((match, self.validate_result(match.group())) for match in matches if match.group())
        return [self._result(match.span(), passed) for match, passed in checked if passed is not False]

    def _result(self, place: tuple[int, int], passed: bool | None) -> RecognizerResult:
        (pattern,) = self.patterns
        score = self.MAX_SCORE if passed else pattern.score
        explanation = self.build_regex_explanation(
            self.name, pattern.name, pattern.regex, pattern.score, passed, regex.MULTILINE
        )
        explanation.score = score
        who = {RecognizerResult.RECOGNIZER_NAME_KEY: self.name, RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id}
        return RecognizerResult(self._rule.entity, *place, score, explanation, who)


def recognizers(language: str = "en") -> list[Recognizer]:
    """The table as Presidio recognizers."""
    return [Recognizer(rule, language) for rule in RULES]


PHONE_SHAPE = regex.compile(r"(?<![\w.@#-])(?:\+|00|\()?\d[\d\s().\-/–]{5,22}\d(?![\w@])(?!\.\d)")
PHONE_CUE = regex.compile(
    r"(?i)(?:phone|tel|telephone|mobile|cell|call|ring|text|sms|whatsapp|fax|reach|contact|(?:my|our|his|her|their) number)\W[\w\s'’,:.()-]{0,25}$"
)
DATE_SHAPE = regex.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?:\D.*)?")
CUE_REACH = 40


def find_phones(text: str, regions: Sequence[str]) -> list[Span]:
    """Phone numbers: international ones, those valid in one of `regions`, and number shapes after a cue word.

    `phonenumbers` (Google's libphonenumber data) judges the first two; it looks only at runs that hold 7 to 15 digits.
    """
    spans = []
    for match in PHONE_SHAPE.finditer(text):
        digits = _digits(match.group())
        if not 7 <= len(digits) <= 15 or "\n" in match.group() or DATE_SHAPE.fullmatch(match.group()):
            continue
        before = text[max(0, match.start() - CUE_REACH) : match.start()]
        if _is_phone(match.group(), regions) or PHONE_CUE.search(before):
            spans.append(Span(match.start(), match.end(), "PHONE", 0.8, "phone: number shape"))
    return spans


def _is_phone(shape: str, regions: Sequence[str]) -> bool:
    international = shape.startswith(("+", "00"))
    number = "+" + shape[2:] if shape.startswith("00") else shape
    for region in [None] if international else regions:
        try:
            parsed = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            continue
        if international and phonenumbers.is_possible_number(parsed):
            return True
        separated = bool(re.search(r"\d[\s().\-/–]+\d", shape))
        if separated and phonenumbers.is_possible_number(parsed) and (shape[0] in "0(" or len(_digits(shape)) >= 10):
            return True
        if phonenumbers.is_valid_number(parsed) and len(_digits(shape)) >= 10:
            return True
    return False


class Patterns:
    """The built-in pattern detector. `languages`: those whose cue words the table knows."""

    name = "patterns"
    languages = frozenset({"en"})

    def __init__(self, regions: Sequence[str] = ("US", "GB")) -> None:
        self._regions = tuple(regions)
        self._recognizers = recognizers()

    def find(self, text: str, language: str = "en") -> list[Span]:
        """Spans of every rule, overlapping ones included."""
        spans = find_phones(text, self._regions)
        for recognizer in self._recognizers:
            for result in recognizer.analyze(text, recognizer.supported_entities):
                spans.append(Span(result.start, result.end, result.entity_type, result.score, recognizer.name))
        return spans
