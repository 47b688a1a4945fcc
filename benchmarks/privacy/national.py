"""National numbers of many countries, valid and invalid, in sentences -> how many of each the detector finds.

Numbers are drawn at random and completed by trying every value of their check characters until the check holds. An
invalid one is a valid one with one digit changed so that it no longer does. The checks are python-stdnum's, and
`national_checks` where it has none; the ways of writing a number are listed here, apart from the detector's forms.
Run: `python -m benchmarks.privacy.national`.
"""

from __future__ import annotations

import datetime
import importlib
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from deskwright.plugins import Span
from privacy.detect import national_checks as own
from privacy.detect.national import National

DIGITS, LETTERS = own.ALPHABET[:10], own.ALPHABET[10:]
DRAWN = {"#": DIGITS, "@": LETTERS, "?": own.ALPHABET}
TRIED = {"c": DIGITS, "k": own.ALPHABET}
TOKEN = re.compile(r"\[[^]]+\]|\{[^}]+\}|.")
DATES = {"ymd": "%y%m%d", "dmy": "%d%m%y", "Ymd": "%Y%m%d", "mdY": "%m%d%Y"}


@dataclass(frozen=True)
class Kind:
    """A country's number: how to draw it and how people write it.

    In `draw`, `#` is a digit, `@` a letter, `?` either, `[...]` one of a few, `{ymd}` a date; `c` is a check digit and
    `k` a check character, found by trying. In `written`, `#` stands for the number's next character. `cued` are ways of
    writing it that need a cue word, because so written it could be anything.
    """

    country: str
    name: str
    entity: str
    check: str | Callable[[str], bool]
    draw: str
    cues: tuple[str, ...]
    written: tuple[str, ...] = ()
    cued: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"{self.country} {self.name}"

    def passes(self, number: str) -> bool:
        if isinstance(self.check, str):
            return bool(importlib.import_module(f"stdnum.{self.check}").is_valid(number))
        return self.check(number)


class Example(NamedTuple):
    """A number in a sentence. `kind` is its country and name."""

    kind: str
    country: str
    number: str
    valid: bool
    sentence: str


def _kind(
    row: str, check: str | Callable[[str], bool], draw: str, cues: str, written: str = "", cued: str = ""
) -> Kind:
    entity, country, name = row.split(" ", 2)
    return Kind(country, name, entity, check, draw, tuple(cues.split("; ")), _ways(written), _ways(cued))


def _ways(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


KINDS = (
    _kind("SSN US SSN", own.us_ssn, "[012345678]########", "SSN; social security number", "###-##-####|### ## ####", "#########"),
    _kind("TAX_ID US ITIN", "us.itin", "9##[78]#####", "ITIN; individual taxpayer identification number", "###-##-####|### ## ####", "#########"),
    _kind("TAX_ID US EIN", "us.ein", "#########", "EIN; employer identification number", "##-#######", "#########"),
    _kind("BANK_ACCOUNT US ABA routing number", "us.rtn", "########c", "routing number; ABA number", "", "#########"),
    _kind("NATIONAL_ID CA SIN", "ca.sin", "[1234567]#######c", "SIN; social insurance number; numéro d'assurance sociale", "### ### ###|###-###-###|#########"),
    _kind("HEALTH_ID CA Ontario health card", own.ca_ohip, "[123456789]########c", "OHIP number; health card number", "#### ### ###|####-###-###", "##########"),
    _kind("NATIONAL_ID MX CURP", "mx.curp", "[BCDG][AEIOU]@@{ymd}[HM]DF[BCDFG][BCDFG][BCDFG]#c", "CURP", "##################"),
    _kind("TAX_ID MX RFC", "mx.rfc", "[BCDG][AEIOU]@@{ymd}???", "RFC", "#############|####-######-###|#### ###### ###"),
    _kind("BANK_ACCOUNT MX CLABE", own.mx_clabe, "#################c", "CLABE; clabe interbancaria", "##################|### ### ########### #"),
    _kind("NATIONAL_ID BR CPF", "br.cpf", "#########cc", "CPF", "###########|###.###.###-##|### ### ### ##"),
    _kind("TAX_ID BR CNPJ", "br.cnpj", "########0001cc", "CNPJ", "##############|##.###.###/####-##|## ### ### #### ##"),
    _kind("DRIVER_LICENSE BR CNH", own.br_cnh, "#########cc", "CNH; carteira de motorista", "", "###########"),
    _kind("TAX_ID AR CUIT", "ar.cuit", "2[07]########c", "CUIT; CUIL", "###########|##-########-#|## ######## #"),
    _kind("BANK_ACCOUNT AR CBU", "ar.cbu", "#######c#############c", "CBU", "######################|######## ##############"),
    _kind("NATIONAL_ID CL RUT", "cl.rut", "[12]#######k", "RUT; RUN", "#########|########-#|##.###.###-#"),
    _kind("TAX_ID CO NIT", "co.nit", "[89]########c", "NIT", "##########|###.###.###-#|#########-#"),
    _kind("NATIONAL_ID GB National Insurance number", own.gb_nino, "[ABCEHJLMPRSTWXYZ][ABCEHJKLMNPRSTWXYZ]######[ABCD]", "NI number; National Insurance number; nino", "#########|## ## ## ## #|## ###### #|##-##-##-##-#"),
    _kind("HEALTH_ID GB NHS number", "gb.nhs", "#########c", "NHS number", "##########|### ### ####", "###-###-####"),
    _kind("TAX_ID GB UTR", "gb.utr", "c#########", "UTR; unique taxpayer reference; tax reference", "##########|##### #####"),
    _kind("DRIVER_LICENSE GB driver number", own.gb_driver, "@@@@@#[05][123456789][012]##@9#@@", "driving licence; driver number", "################|##### ###### #####"),
    _kind("TAX_ID GB VAT number", "gb.vat", "GB#######cc", "VAT number; VAT", "###########|## ### #### ##|## #########"),
    _kind("NATIONAL_ID IE PPS", "ie.pps", "#######k", "PPS number; PPSN", "########|####### #"),
    _kind("TAX_ID DE Steuer-ID", "de.idnr", "[123456789]#########c", "Steuer-ID; IdNr; Steueridentifikationsnummer; tax id", "###########|## ### ### ###"),
    _kind("NATIONAL_ID DE Rentenversicherungsnummer", own.de_pension, "[123456]#{dmy}@##c", "Rentenversicherungsnummer; Sozialversicherungsnummer; SV-Nummer", "############|## ###### # ###"),
    _kind("HEALTH_ID DE Krankenversichertennummer", own.de_health, "@########c", "Krankenversichertennummer; Versichertennummer; health insurance number", "##########|# ### ### ###"),
    _kind("NATIONAL_ID DE Personalausweis with check digit", own.icao, "L########c", "Personalausweis; Ausweisnummer; identity card number", "", "##########|######### #"),
    _kind("TAX_ID DE VAT number", "de.vat", "DE[123456789]#######c", "USt-IdNr; VAT number; Umsatzsteuer-ID", "###########|## #########|## ### ### ###"),
    _kind("NATIONAL_ID AT SVNR", "at.vnr", "[123456789]##c{dmy}", "SVNR; Sozialversicherungsnummer; SV-Nummer", "##########|#### ######"),
    _kind("TAX_ID AT Steuernummer", "at.tin", "########c", "Steuernummer; Abgabenkontonummer", "#########|##-###/####|## ###/####"),
    _kind("TAX_ID AT VAT number", "at.uid", "ATU#######c", "UID; VAT number", "###########|## #########"),
    _kind("NATIONAL_ID CH AHV", "ch.ssn", "756#########c", "AHV-Nummer; numéro AVS; AHV", "#############|###.####.####.##|### #### #### ##"),
    _kind("TAX_ID CH UID", "ch.uid", "CHE########c", "UID; MWST-Nr", "############|###-###.###.###|###-### ### ###"),
    _kind("NATIONAL_ID FR NIR", "fr.nir", "[12]##0[123456789]75######cc", "numéro de sécurité sociale; NIR", "###############|# ## ## ## ### ### ##|############# ##"),
    _kind("TAX_ID FR NIF", "fr.nif", "[0123]#########ccc", "numéro fiscal; NIF; tax number", "#############|## ## ### ### ###"),
    _kind("TAX_ID FR SIREN", "fr.siren", "########c", "SIREN", "#########|### ### ###"),
    _kind("TAX_ID FR SIRET", "fr.siret", "########c####c", "SIRET", "##############|### ### ### #####"),
    _kind("TAX_ID FR VAT number", "fr.tva", "FRcc40303265#", "numéro de TVA; VAT number", "#############|## ## ### ### ###|## ###########"),
    _kind("NATIONAL_ID ES DNI", "es.dni", "########k", "DNI; NIF", "#########|########-#|######## #|##.###.###-#"),
    _kind("NATIONAL_ID ES NIE", "es.nie", "[XYZ]#######k", "NIE", "#########|#-#######-#|# ####### #"),
    _kind("TAX_ID ES CIF", "es.cif", "[AB]#######c", "CIF", "#########|#-########"),
    _kind("NATIONAL_ID ES Seguridad Social", own.es_social_security, "28[123456789]#######cc", "número de la Seguridad Social; NUSS", "############|##/########/##|## ######## ##"),
    _kind("BANK_ACCOUNT ES CCC", "es.ccc", "########cc##########", "CCC; número de cuenta", "####################|#### #### ## ##########|####-####-##-##########"),
    _kind("TAX_ID ES VAT number", "es.nif", "ES[AB]#######c", "VAT number; IVA", "###########|## #########"),
    _kind("TAX_ID PT NIF", "pt.nif", "[125]#######c", "NIF; número de contribuinte", "#########|### ### ###"),
    _kind("NATIONAL_ID PT cartão de cidadão", "pt.cc", "########cZZc", "cartão de cidadão; citizen card", "############|######## # ###|######## ####"),
    _kind("NATIONAL_ID IT codice fiscale", "it.codicefiscale", "[BCDFG][BCDFG][BCDFG][MNPR][MNPR][MNPR]##[ABCDEHLMPRST][012][123456789]H501k", "codice fiscale", "################|### ### ##### #####"),
    _kind("TAX_ID IT partita IVA", "it.iva", "0######00[123456789]c", "partita IVA; P.IVA", "###########"),
    _kind("NATIONAL_ID NL BSN", "nl.bsn", "########c", "BSN; burgerservicenummer", "#########|####.##.###|### ### ###|#### ## ###"),
    _kind("TAX_ID NL VAT number", "nl.btw", "NL########cB01", "BTW-nummer; VAT number", "##############|## #########.#.##|## ############"),
    _kind("NATIONAL_ID BE rijksregisternummer", "be.nn", "{ymd}[12]##cc", "rijksregisternummer; numéro national; national number", "###########|##.##.##-###.##|###### ### ##|######-###-##"),
    _kind("TAX_ID BE VAT number", "be.vat", "BE0#######cc", "VAT number; ondernemingsnummer; BTW", "############|## ####.###.###|## ##########"),
    _kind("NATIONAL_ID LU matricule", own.lu_person, "{Ymd}###cc", "matricule", "#############|#### ## ## #####|########-#####"),
    _kind("NATIONAL_ID DK CPR", "dk.cpr", "{dmy}[0123]###", "CPR-nummer; CPR; personnummer", "##########|######-####|###### ####"),
    _kind("TAX_ID DK CVR", "dk.cvr", "[123]######c", "CVR; CVR-nummer", "########|## ## ## ##"),
    _kind("NATIONAL_ID SE personnummer", "se.personnummer", "{ymd}###c", "personnummer; personal number", "##########|######-####|###### ####"),
    _kind("NATIONAL_ID NO fødselsnummer", "no.fodselsnummer", "{dmy}[01234]##cc", "fødselsnummer; personnummer", "###########|###### #####"),
    _kind("BANK_ACCOUNT NO kontonummer", "no.kontonr", "####[123456789]#####c", "kontonummer; bank account", "###########|####.##.#####|#### ## #####"),
    _kind("NATIONAL_ID FI henkilötunnus", own.fi_hetu, "{dmy}-[123]##k", "henkilötunnus; hetu", "###########"),
    _kind("TAX_ID FI Y-tunnus", "fi.ytunnus", "[123]######c", "Y-tunnus; business ID", "#######-#", "########"),
    _kind("NATIONAL_ID IS kennitala", "is_.kennitala", "{dmy}[234567]#c9", "kennitala", "##########|######-####|###### ####"),
    _kind("NATIONAL_ID EE isikukood", "ee.ik", "[34]{ymd}###c", "isikukood; personal code", "###########"),
    _kind("NATIONAL_ID LV personas kods", "lv.pvn", "{dmy}1###c", "personas kods; personal code", "###########|######-#####"),
    _kind("NATIONAL_ID LT asmens kodas", "lt.asmens", "[34]{ymd}###c", "asmens kodas; personal code", "###########"),
    _kind("NATIONAL_ID PL PESEL", "pl.pesel", "{ymd}####c", "PESEL; numer PESEL", "###########|###### #####"),
    _kind("TAX_ID PL NIP", "pl.nip", "[56789]########c", "NIP; numer NIP", "##########|###-###-##-##|### ### ## ##"),
    _kind("NATIONAL_ID PL dowód osobisty", own.pl_identity_card, "A@@c#####", "dowód osobisty; numer dowodu; identity card number", "#########|### ######"),
    _kind("BANK_ACCOUNT PL NRB", own.pl_bank_account, "cc10901014########00000000", "numer konta; bank account number", "##########################|## #### #### #### #### #### ####"),
    _kind("NATIONAL_ID CZ rodné číslo", "cz.rc", "[678]#0[123456789][12]####c", "rodné číslo; birth number", "##########|######/####"),
    _kind("NATIONAL_ID SK rodné číslo", "sk.rc", "[678]#0[123456789][12]####c", "rodné číslo; birth number", "##########|######/####"),
    _kind("HEALTH_ID HU TAJ", own.hu_health, "[123456789]#######c", "TAJ szám; TAJ", "#########|### ### ###|###-###-###"),
    _kind("TAX_ID HU adóazonosító", own.hu_tax, "8########c", "adóazonosító jel; tax number", "##########"),
    _kind("NATIONAL_ID RO CNP", "ro.cnp", "[12]{ymd}12###c", "CNP; cod numeric personal", "#############"),
    _kind("NATIONAL_ID BG EGN", "bg.egn", "{ymd}###c", "EGN; ЕГН", "##########"),
    _kind("NATIONAL_ID HR OIB", "hr.oib", "##########c", "OIB", "###########"),
    _kind("NATIONAL_ID SI EMŠO", own.jmbg, "0[123456789]0[123456789]9[5678]#50###c", "EMŠO", "#############"),
    _kind("TAX_ID SI davčna številka", "si.ddv", "[123456789]######c", "davčna številka; tax number", "########"),
    _kind("TAX_ID GR AFM", "gr.vat", "[01]#######c", "ΑΦΜ; AFM", "#########"),
    _kind("HEALTH_ID GR AMKA", "gr.amka", "{dmy}####c", "ΑΜΚΑ; AMKA", "###########"),
    _kind("NATIONAL_ID TR TCKN", "tr.tckimlik", "[123456789]########cc", "TC Kimlik No; TCKN", "###########|### ### ### ##"),
    _kind("TAX_ID UA RNTRC", "ua.rntrc", "#########c", "РНОКПП; ІПН", "##########"),
    _kind("NATIONAL_ID RU SNILS", own.ru_snils, "1########cc", "СНИЛС; SNILS", "###########|###-###-### ##"),
    _kind("NATIONAL_ID IL identity number", "il.idnr", "[23]#######c", "תעודת זהות; identity number", "#########"),
    _kind("NATIONAL_ID ZA ID number", "za.idnr", "{ymd}####08c", "ID number; South African ID", "#############|###### #### ###"),
    _kind("NATIONAL_ID IN Aadhaar", "in_.aadhaar", "[23456789]##########c", "Aadhaar; Aadhaar number; आधार", "############|#### #### ####|####-####-####"),
    _kind("TAX_ID IN GSTIN", "in_.gstin", "27AAPF[ABC]####[AB]1Zk", "GSTIN; GST number", "###############"),
    _kind("NATIONAL_ID CN resident identity card", "cn.ric", "110101{Ymd}###k", "身份证号; resident identity card", "##################|###### ######## ####"),
    _kind("NATIONAL_ID HK identity card", own.hk_identity, "@######c", "HKID; Hong Kong identity card", "########|#######(#"),
    _kind("NATIONAL_ID TW national identity card", own.tw_identity, "@[12]#######c", "身分證; Taiwan ID", "##########"),
    _kind("NATIONAL_ID JP My Number", own.jp_my_number, "###########c", "マイナンバー; 個人番号", "############|#### #### ####|####-####-####"),
    _kind("NATIONAL_ID KR RRN", "kr.rrn", "{ymd}10####c", "주민등록번호; resident registration number", "#############|######-#######"),
    _kind("NATIONAL_ID SG NRIC", own.sg_nric, "[STFGM]#######k", "NRIC; FIN", "#########"),
    _kind("NATIONAL_ID TH national ID", "th.pin", "[12345678]###########c", "เลขประจำตัวประชาชน; Thai ID", "#############|#-####-#####-##-#|# #### ##### ## #"),
    _kind("TAX_ID AU TFN", "au.tfn", "########c", "TFN; tax file number", "#########|### ### ###"),
    _kind("TAX_ID AU ABN", "au.abn", "[123456789]########cc", "ABN; Australian Business Number", "###########|## ### ### ###"),
    _kind("HEALTH_ID AU Medicare", own.au_medicare, "[23456]#######c1", "Medicare number; Medicare card", "##########|#### ##### #|####-#####-#"),
    _kind("TAX_ID NZ IRD", "nz.ird", "0[45678]######c", "IRD number; IRD", "#########|###-###-###"),
)  # fmt: skip

NEUTRAL = ("My number is {}.", "{}")
CUED = ("my {cue} is {}", "{cue}: {}", "Hello, you asked for my {cue}, it is {} as you know.", "{} is my {cue}")


def generate(seed: int, per_kind: int) -> list[Example]:
    """`per_kind` numbers of each kind, each as it is and with a wrong digit, in sentences without and with a cue."""
    return [example for kind in KINDS for example in _examples(kind, random.Random(f"{seed} {kind.title}"), per_kind)]


def _examples(kind: Kind, rng: random.Random, count: int) -> Iterator[Example]:
    for turn in range(count):
        number = _draw(kind, rng)
        written = _sentences(kind, turn)
        for way, sentence in written:
            yield Example(kind.title, kind.country, _write(number, way), True, sentence.format(_write(number, way)))
        wrong = _spoilt(kind, number, rng)
        for way, sentence in written if wrong else ():
            yield Example(kind.title, kind.country, _write(wrong, way), False, sentence.format(_write(wrong, way)))


def _sentences(kind: Kind, turn: int) -> list[tuple[str, str]]:
    """Every way of writing a kind, in a neutral sentence where it needs no cue, and in one with the turn's cue."""
    cue = kind.cues[turn % len(kind.cues)]
    after_cue = CUED[turn // len(kind.cues) % len(CUED)].replace("{cue}", cue)
    neutral = [(way, sentence) for way in kind.written for sentence in NEUTRAL]
    return neutral + [(way, after_cue) for way in (*kind.written, *kind.cued)]


def _draw(kind: Kind, rng: random.Random) -> str:
    """A valid number of the kind."""
    tokens = TOKEN.findall(kind.draw)
    while True:
        drawn = [[_token(token, rng)] if token not in TRIED else list(TRIED[token]) for token in tokens]
        valid = [number for number in map("".join, product(*drawn)) if kind.passes(number)]
        if valid:
            return rng.choice(valid)


def _token(token: str, rng: random.Random) -> str:
    if token.startswith("["):
        return rng.choice(token[1:-1])
    if token.startswith("{"):
        day = datetime.date(1955, 1, 1) + datetime.timedelta(days=rng.randrange(44 * 365))
        return day.strftime(DATES[token[1:-1]])
    return rng.choice(DRAWN[token]) if token in DRAWN else token


def _spoilt(kind: Kind, number: str, rng: random.Random) -> str:
    """The number with one digit changed so that its check fails; "" where no digit does that."""
    changes = [(at, digit) for at, char in enumerate(number) if char.isdigit() for digit in DIGITS if digit != char]
    rng.shuffle(changes)
    wrong = (number[:at] + digit + number[at + 1 :] for at, digit in changes)
    return next((candidate for candidate in wrong if not kind.passes(candidate)), "")


def _write(number: str, way: str) -> str:
    """The number as `way` has it: each `#` is its next character, and it holds no sign that the number holds itself."""
    chars = iter(number)
    return "".join(next(chars) if sign == "#" else sign for sign in way)


def is_found(example: Example, spans: Sequence[Span]) -> bool:
    """Whether a span of the kind's entity covers a valid number; whether one names the kind of an invalid one."""
    kind = BY_TITLE[example.kind]
    start = example.sentence.index(example.number)
    end = start + len(example.number)
    if example.valid:
        return any(span.entity == kind.entity and span.start <= start and end <= span.end for span in spans)
    return any(span.reason.startswith(f"{kind.title}:") and span.start < end and start < span.end for span in spans)


BY_TITLE = {kind.title: kind for kind in KINDS}


class Tally(NamedTuple):
    """How many examples of a kind there are and how many were found, and those on which the detector was wrong."""

    examples: Counter[tuple[str, bool]]
    found: Counter[tuple[str, bool]]
    wrong: list[Example]

    def share(self, valid: bool) -> float:
        return sum(n for (_, is_valid), n in self.found.items() if is_valid is valid) / sum(
            n for (_, is_valid), n in self.examples.items() if is_valid is valid
        )


def measure(examples: Sequence[Example]) -> Tally:
    """The detector, with the example's country on, against the examples."""
    detectors = {country: National([country]) for country in {example.country for example in examples}}
    tally = Tally(Counter(), Counter(), [])
    for example in examples:
        key = (example.kind, example.valid)
        found = is_found(example, detectors[example.country].find(example.sentence))
        tally.examples[key] += 1
        tally.found[key] += found
        if found is not example.valid:
            tally.wrong.append(example)
    return tally


def main() -> None:
    tally = measure(generate(seed=1, per_kind=24))
    for kind in KINDS:
        valid, invalid = (kind.title, True), (kind.title, False)
        print(
            f"{kind.title:40} valid {tally.found[valid]:5} of {tally.examples[valid]:5}"
            f"   invalid {tally.found[invalid]:3} of {tally.examples[invalid]:5}"
        )
    countries = len({kind.country for kind in KINDS})
    print(f"{len(KINDS)} kinds of {countries} countries, valid found {tally.share(True):.2%}", end=", ")
    print(f"invalid found as such {tally.share(False):.2%}")


if __name__ == "__main__":
    main()
