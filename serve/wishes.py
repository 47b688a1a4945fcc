"""What a customer writes -> whether they ask for a person, or say yes to one. English, German, French, Spanish,
Italian, Dutch and Portuguese, by rules; whom the rules miss has the widget's button."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

WHO = (
    r"(?:(?:an?|the|any|some|one of|your|real|live|actual|human|support|service|customer|sales)\s+){0,4}"
    r"(?:humans?|persons?|people|agents?|representatives?|reps?|operators?|advis[oe]rs?|someone|somebody|"
    r"staff|colleagues?|employees?|managers?|supervisors?)\b(?! (?:number|account|name|order|who|that))"
)
ENGLISH = (
    rf"(?:talk|speak|chat)(?:ing)? (?:to|with) {WHO}",
    rf"(?:connect|transfer|put|pass|hand) me (?:through |over |on )?(?:to|with) {WHO}",
    rf"(?:want|need|get me|give me|i'd like|would like|prefer) {WHO}(?= ?(?:please|now|here|instead)?\s*(?:[.!?,]|\Z))",
)
OTHERS = (
    r"(?:mit|an) (?:einem|einer|dem|der|ihrem)? ?(?:echten |richtigen )?"
    r"(?:menschen?|mitarbeiter(?:in)?|person|berater(?:in)?) "
    r"(?:sprechen|reden|schreiben|chatten|verbinden|weiterleiten)",
    r"parler (?:à|a|avec) (?:un|une|quelqu'un|votre)? ?(?:vrai |vraie )?"
    r"(?:humaine?|personne|conseill(?:er|ère)|agent|opérateur)",
    r"hablar con (?:un|una|alguien|su)? ?(?:persona|humano|agente|asesora?|operadora?)",
    r"parlare con (?:un|una|un'|qualcuno)? ?(?:persona|essere umano|umano|operatore|operatrice|agente)",
    r"(?:met een|een) (?:echt[e]? )?(?:mens|persoon|medewerker|medewerkster) (?:spreken|praten|chatten)",
    r"falar com (?:um|uma|alguém)? ?(?:pessoa|humano|atendente|agente|operador)",
)
ALONE = (
    r"(?:a |an |real |live |human )*(?:human|person|agent|representative|operator)(?: please)?",
    r"(?:mensch|mitarbeiter|humain|conseiller|persona|humano|operatore|mens|medewerker|atendente)",
)
"""As the whole message."""

PAST = r"(?:when|after|while|if|every time|last time|before)\b[^.!?]*"

WISH = re.compile(rf"\b(?:{'|'.join([*ENGLISH, *OTHERS])})", re.I)
WHOLE = re.compile(rf"\W*(?:{'|'.join(ALONE)})\W*", re.I)
NOT_A_WISH = re.compile(
    rf"\b(?:{PAST}|(?:don't|do not|didn't|never|no need to|not)\s+(?:\w+\s+){{0,3}}|(?:was|were|been|am|i'm|by) )\Z",
    re.I,
)
"""What stands before words that would be a wish without it: "I was talking to an agent"."""


YES = (
    r"(?:yes|yeah|yep|yup|sure|ok(?:ay)?|please|do|go ahead|absolutely|definitely|that would be (?:great|good|nice)|"
    r"thanks?|thank you|ja|gerne?|bitte|danke|oui|volontiers|s'il (?:vous|te) pla[iî]t|merci|s[íì]|si|claro|"
    r"por favor|gracias|certo|volentieri|per favore|grazie|graag|alstublieft|alsjeblieft|sim|obrigad[oa])"
)
AGREEMENT = re.compile(rf"\W*{YES}(?:\W+{YES}){{0,3}}\W*", re.I)


def agrees(text: str) -> bool:
    """True for "Yes, please!" and for nothing that says more."""
    return AGREEMENT.fullmatch(text.replace("\u2019", "'")) is not None


def asks_for_person(turns: Sequence[Mapping[str, str]], offer: str) -> bool:
    """Whether the last of the turns does, by itself or as a yes to the offer before it."""
    *before, last = turns
    offered = bool(before) and before[-1]["role"] == "assistant" and before[-1]["content"].strip() == offer.strip()
    return wants_person(last["content"]) or (offered and agrees(last["content"]))


def wants_person(text: str) -> bool:
    """True for "Can I talk to a real person please?", not for "I was talking to an agent yesterday"."""
    plain = text.replace("\u2019", "'")
    if WHOLE.fullmatch(plain):
        return True
    return any(not NOT_A_WISH.search(plain[: found.start()]) for found in WISH.finditer(plain))
