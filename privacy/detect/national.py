"""Text -> spans of national numbers: identity, tax, health insurance, passports, licences, accounts, plates.

A rule is one line of the table `RULES`: entity, country, name, form, check, cue words. The form is what people type:
`d` is a digit, `l` a letter, `x` either (`c` without vowels, `o` with a letter for a digit where two people would
share an Italian code), `[...]` one of a few; capitals and digits stand for themselves, `|` is "or".
A blank, dot, hyphen or slash is a place where people put any of these, or nothing; `_` one for a blank or nothing.
The check is the name of a python-stdnum module, whose `is_valid` is asked, or a function of `national_checks`.

A check digit that holds says little of ten bare digits: one number in ten or eleven passes. So a rule fires where its
check holds and
- a cue word of its own stands before or just after the number, in any country, or
- its country is among `regions`, unless `need` says that the cue is needed all the same, or
- `always`: letters, a date or several check digits make the form its own,
and, without a cue, the number stands alone: no part of a longer one, no price, nothing called an order or a phone.

However many rules there are, a text is walked once. Neighbouring runs of letters and digits are joined, and what the
joined run looks like ("LLDDDDDDL", "DD_DDD_DDD") is looked up; only the rules of that look are tried.
"""

from __future__ import annotations

import importlib
import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from typing import Any, Literal, NamedTuple

from presidio_analyzer import Pattern, PatternRecognizer, RecognizerResult

from deskwright.plugins import Span
from privacy.detect import national_checks as own

Check = Callable[[str], bool]
Need = Literal["", "bare", "cue"]

CLASSES = {"d": "[0-9]", "l": "[A-Z]", "x": "[A-Z0-9]", "c": "[0-9CFGHJKLMNPRTVWXYZ]", "o": "[0-9L-NP-V]"}
GAPS = {**dict.fromkeys(" .-/", r"(?: ?[-/] ?|[ .])"), "_": " ", "(": r"(?: ?\(|[ -])"}
TOKEN = re.compile(r"\[[^]]+\]|.")


@dataclass(frozen=True)
class Rule:
    """One line of the table. `need`: with its country on, a cue is needed "" never, "bare" for a number without any
    separator, "cue" always. `cues` are parted by semicolons; `=` before one: in capitals only, as `ein` is a word."""

    entity: str
    country: str
    name: str
    form: str
    check: str | Check | None
    cues: str
    need: Need = ""
    always: bool = False

    @property
    def title(self) -> str:
        return f"{self.country} {self.name}"

    @property
    def pattern(self) -> str:
        """The form as a pattern, in capitals."""
        return f"(?:{'|'.join(''.join(map(_piece, way)) for way in self._ways)})"

    @property
    def _ways(self) -> list[list[str]]:
        """The tokens of each branch. Digits alone have all of their separators or none ("17151 2450" is no SSN); where
        there are letters, each separator may be missing."""
        ways = []
        for form in self.form.split("|"):
            tokens = TOKEN.findall(form)
            if any("L" in _looks(token) for token in tokens):
                ways.append([f"{token}?" if token in GAPS else token for token in tokens])
            else:
                ways += [tokens, [token for token in tokens if token not in GAPS]]
        return ways

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """Compiled when it is first needed: most texts need few of hundreds."""
        return re.compile(self.pattern, re.IGNORECASE)

    @property
    def looks(self) -> set[str]:
        """What the form may look like, with and without separators: "DDDDDDDDL", "DDDDDDDD_L"."""
        looks = ("".join(look) for way in self._ways for look in product(*map(_looks, way)))
        return {look for look in looks if "D" in look}

    def passes(self, number: str) -> bool:
        """Whether the check holds for a number in capitals without separators; it does where there is none."""
        if not isinstance(self.check, str):
            return self.check is None or self.check(number)
        try:
            return bool(_stdnum(self.check).is_valid(number))
        except (ValueError, LookupError):  # cn.ric of python-stdnum 2.2 trips over a county that its list lacks
            return False


def _piece(token: str) -> str:
    gap = GAPS.get(token[0])
    return gap + token[1:] if gap else CLASSES.get(token, token)


@cache
def _looks(token: str) -> list[str]:
    """D for a token that can be a digit, L for one that can be a letter, _ for a separator, nothing for none."""
    if token[0] in GAPS:
        return ["", "_"] if token.endswith("?") else ["_"]
    which = re.compile(_piece(token))
    kinds = {"D": "0123456789", "L": own.ALPHABET[10:], "_": "-/."}
    return [look for look, chars in kinds.items() if any(map(which.fullmatch, chars))]


@cache
def _stdnum(name: str) -> Any:
    return importlib.import_module(f"stdnum.{name}")


CUES = {
    "NATIONAL_ID": "national id; national identity number; national identification number; identity number; identity card number; id card number; personal identification number; personal id number; personal code; national number",
    "TAX_ID": "tax id; tax number; tax no; tax identification number; taxpayer id; taxpayer identification number; taxpayer number; =TIN; my tin; tin number",
    "HEALTH_ID": "health insurance number; health card; health card number; health number; health id; health insurance id; insurance card number",
    "PASSPORT": "passport; passport number; passport no; passeport; pasaporte; passaporto; passaporte; reisepass; reisepassnummer; paspoort; paspoortnummer; paszport; pasnummer; passnummer; pasaport; cestovni pas; utlevel; utlevelszam; passinumero; паспорт; διαβατηριο; דרכון; パスポート; 旅券; 护照; 護照; 여권",
    "DRIVER_LICENSE": "driver license; drivers license; driver s license; driving license; driver licence; drivers licence; driver s licence; driving licence; =DL; dl number; dl no; permis de conduire; fuhrerschein; fuhrerscheinnummer; permiso de conducir; carnet de conducir; licencia de conducir; patente di guida; carta de conducao; rijbewijs; rijbewijsnummer; prawo jazdy; korkort; korekort; forerkort; ajokortti; =CNH; habilitacao",
    "BANK_ACCOUNT": "bank account; bank account number; bank details; bank acc; bankkonto; kontonummer; cuenta bancaria; compte bancaire; conto corrente; conta bancaria; rekeningnummer; rachunek bankowy; numer konta; cislo uctu; bankovni ucet; bankszamlaszam; szamlaszam; tilinumero",
    "LICENSE_PLATE": "license plate; licence plate; number plate; plate number; plate no; registration plate; vehicle registration; car registration; car reg; reg plate; kennzeichen; autokennzeichen; nummernschild; plaque; plaque d immatriculation; immatriculation; matricula; targa; kenteken; kentekenplaat; placa del coche; placa do carro; placa del carro; rejestracja; numer rejestracyjny; tablica rejestracyjna; registreringsnummer; rekisteritunnus; nummerplade; rendszam; spz",
    "SSN": "",
}  # fmt: skip
"""Cue words of a kind, whatever the country."""

VAT_CUES = "vat; vat number; vat no; vat id; vat reg; vat registration"
ID_CARD = "identity card; id card; national id card"


def _vat(country: str, form: str, check: str, cues: str, prefix: str = "") -> list[Rule]:
    """A VAT number with its country's letters, which is its own form, and without, which needs a cue."""
    prefixed = "|".join(f"{prefix or country} {branch}" for branch in form.split("|"))
    cues = f"{VAT_CUES}; {cues}"
    return [
        Rule("TAX_ID", country, "VAT number", prefixed, check, cues, always=True),
        Rule("TAX_ID", country, "VAT number without its letters", form, check, cues, need="cue"),
    ]


RULES = (
    # North America
    Rule("SSN", "US", "SSN", "ddd-dd-dddd", own.us_ssn, "ssn; ssn number; social security; social security number; social security no; my social", need="bare"),
    Rule("TAX_ID", "US", "ITIN", "9dd-[5-9]d-dddd", "us.itin", "itin; individual taxpayer identification number; itin number", need="bare"),
    Rule("TAX_ID", "US", "EIN", "dd-ddddddd", "us.ein", "=EIN; my ein; ein number; fein; federal tax id; employer identification number; employer id", need="bare"),
    Rule("BANK_ACCOUNT", "US", "ABA routing number", "ddddddddd|dddd-dddd-d", "us.rtn", "routing number; routing no; =ABA; aba number; routing transit number; rtn", need="cue"),
    Rule("BANK_ACCOUNT", "US", "account", "dddddddd|ddddddddd|dddddddddd|ddddddddddd|dddddddddddd|ddddddddddddd|dddddddddddddd", None, "checking account; savings account; checking account number; savings account number", need="cue"),
    Rule("PASSPORT", "US", "passport", "ddddddddd|[A-Z]dddddddd", None, "us passport; passport card", need="cue"),
    Rule("DRIVER_LICENSE", "US", "driver's license", "ddddddd|dddddddd|ddddddddd|dddddddddd|dddddddddddd|lddddddd|ldddddddd|lddddddddd|ldddddddddddd|lddd-dddd-dddd|lddd-ddd-ddd-ddd|lddd-dddd-dddd-dd|lddd-ddd-dd-ddd-d|dddd-ddd-dddd|ddd ddd ddd|ll dddddd|ll dddddd l|lldddddd|dd-ddd-dddd|ldd-dd-dddd|lldddddlll", None, "state id; learner s permit", need="cue"),
    Rule("HEALTH_ID", "US", "Medicare MBI", "[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]d-[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]d-[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y]dd", None, "medicare; mbi; medicare number; medicare beneficiary identifier", always=True),
    Rule("LICENSE_PLATE", "US", "plate", "xxxxx|xxxxxx|xxxxxxx|lll-dddd|lll ddd|dlllddd|ddd-lll|ll-ddddd", None, "tag number", need="cue"),
    Rule("NATIONAL_ID", "CA", "SIN", "ddd ddd ddd", "ca.sin", "=SIN; my sin; sin number; social insurance; social insurance number; =NAS; numero d assurance sociale; assurance sociale"),
    Rule("TAX_ID", "CA", "business number", "ddddddddd|ddddd dddd|ddddddddd_[RT][CMPTZ]_dddd", "ca.bn", "business number; =BN; gst number; hst number; gst hst; numero d entreprise", need="cue"),
    Rule("HEALTH_ID", "CA", "Ontario health card", "dddd-ddd-ddd|dddd-ddd-ddd-ll", own.ca_ohip, "ohip; ohip number; ontario health card; carte sante", need="bare"),
    Rule("HEALTH_ID", "CA", "British Columbia PHN", "9ddd ddd ddd", "ca.bc_phn", "=PHN; personal health number; bc services card; carecard"),
    Rule("PASSPORT", "CA", "passport", "lldddddd|ldddddd ll", None, "canadian passport; passeport canadien", need="cue"),
    Rule("DRIVER_LICENSE", "CA", "driver's licence", "ldddd-ddddd-ddddd|ldddd-dddddd-dd|ddddddd|dddddd-ddd|ddddddddd", None, "ontario licence", need="cue"),
    Rule("BANK_ACCOUNT", "CA", "transit number", "ddddd-ddd", None, "transit number; institution number", need="cue"),
    Rule("NATIONAL_ID", "MX", "CURP", "[A-Z][AEIOUX]ll dddddd [HMX]ll[B-DF-HJ-NP-TV-Z][B-DF-HJ-NP-TV-Z][B-DF-HJ-NP-TV-Z] xd", "mx.curp", "curp; clave unica", always=True),
    Rule("TAX_ID", "MX", "RFC", "llll-dddddd-xxx|lll-dddddd-xxx", "mx.rfc", "rfc; registro federal de contribuyentes"),
    Rule("BANK_ACCOUNT", "MX", "CLABE", "ddd ddd ddddddddddd d", own.mx_clabe, "clabe; clabe interbancaria; cuenta clabe"),
    # South America and the Caribbean
    Rule("NATIONAL_ID", "AR", "DNI", "dd.ddd.ddd|d.ddd.ddd", None, "dni; documento nacional de identidad; nro de documento; numero de documento", need="cue"),
    Rule("TAX_ID", "AR", "CUIT", "dd-dddddddd-d|dd-dd.ddd.ddd-d", "ar.cuit", "cuit; cuil; cuit cuil; clave unica de identificacion tributaria"),
    Rule("BANK_ACCOUNT", "AR", "CBU", "dddddddd dddddddddddddd", "ar.cbu", "cbu; cvu; clave bancaria uniforme"),
    Rule("NATIONAL_ID", "BR", "CPF", "ddd.ddd.ddd-dd", "br.cpf", "cpf; cadastro de pessoas fisicas"),
    Rule("TAX_ID", "BR", "CNPJ", "dd.ddd.ddd/dddd-dd", "br.cnpj", "cnpj; cadastro nacional da pessoa juridica"),
    Rule("NATIONAL_ID", "BR", "RG", "dd.ddd.ddd-x|d.ddd.ddd", None, "=RG; registro geral; carteira de identidade; numero do rg; meu rg", need="cue"),
    Rule("DRIVER_LICENSE", "BR", "CNH", "ddddddddddd", own.br_cnh, "cnh; carteira de motorista; carteira de habilitacao", need="cue"),
    Rule("PASSPORT", "BR", "passport", "lldddddd", None, "passaporte brasileiro", need="cue"),
    Rule("LICENSE_PLATE", "BR", "plate", "lll-dddd|llldldd|lll dldd", None, "placa do carro", need="cue"),
    Rule("NATIONAL_ID", "CL", "RUT", "dd.ddd.ddd-[0-9K]|d.ddd.ddd-[0-9K]", "cl.rut", "rut; =RUN; mi run; rol unico tributario; cedula de identidad"),
    Rule("TAX_ID", "CO", "NIT", "ddd.ddd.ddd-d|ddddddddd-d|dddddddd-d", "co.nit", "nit; numero de identificacion tributaria"),
    Rule("NATIONAL_ID", "CO", "cédula", "d.ddd.ddd.ddd|dd.ddd.ddd", None, "cedula; cedula de ciudadania; =CC", need="cue"),
    Rule("NATIONAL_ID", "PE", "DNI with check digit", "dddddddd-x", "pe.cui", "dni; cui; codigo unico de identificacion", need="cue"),
    Rule("TAX_ID", "PE", "RUC", "[12]dddddddddd", "pe.ruc", "ruc; registro unico de contribuyentes"),
    Rule("NATIONAL_ID", "EC", "cédula", "ddddddddd-d", "ec.ci", "cedula; cedula de identidad; cedula ecuatoriana"),
    Rule("TAX_ID", "EC", "RUC", "dddddddddd-ddd|ddddddddddddd", "ec.ruc", "ruc; registro unico de contribuyentes"),
    Rule("TAX_ID", "UY", "RUT", "dd-dddddd-ddd-d", "uy.rut", "rut; registro unico tributario"),
    Rule("TAX_ID", "VE", "RIF", "[VEJPG]-dddddddd-d", "ve.rif", "rif; registro de informacion fiscal"),
    Rule("TAX_ID", "PY", "RUC", "dddddddd-d|ddddddd-d", "py.ruc", "ruc; registro unico de contribuyentes", need="bare"),
    Rule("NATIONAL_ID", "DO", "cédula", "ddd-ddddddd-d", "do.cedula", "cedula; cedula de identidad"),
    Rule("TAX_ID", "DO", "RNC", "d-dd-ddddd-d", "do.rnc", "rnc; registro nacional del contribuyente"),
    Rule("NATIONAL_ID", "CU", "carné de identidad", "ddddddddddd", "cu.ni", "carne de identidad; carnet de identidad"),
    Rule("TAX_ID", "GT", "NIT", "dddddddd-[0-9K]|ddddddd-[0-9K]", "gt.nit", "nit; numero de identificacion tributaria", need="bare"),
    Rule("TAX_ID", "SV", "NIT", "dddd-dddddd-ddd-d", "sv.nit", "nit; numero de identificacion tributaria"),
    # Britain and Ireland
    Rule("NATIONAL_ID", "GB", "National Insurance number", "[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] dd dd dd [A-D]", own.gb_nino, "nino; ni number; ni no; national insurance; national insurance number; =NI", always=True),
    Rule("HEALTH_ID", "GB", "NHS number", "ddd_ddd_dddd", "gb.nhs", "nhs; nhs number; nhs no; chi number; health and care number"),
    Rule("HEALTH_ID", "GB", "NHS number with hyphens", "ddd-ddd-dddd", "gb.nhs", "nhs; nhs number; nhs no; chi number; health and care number", need="cue"),
    Rule("TAX_ID", "GB", "UTR", "ddddd ddddd", "gb.utr", "utr; unique taxpayer reference; self assessment; tax reference; utr number"),
    Rule("DRIVER_LICENSE", "GB", "driver number", "l[A-Z9][A-Z9][A-Z9][A-Z9] d[0156]d[0-3]dd [A-Z][A-Z9]x_ll|l[A-Z9][A-Z9][A-Z9][A-Z9]_d[0156]d[0-3]dd_[A-Z][A-Z9]x_ll_dd", own.gb_driver, "dvla; driver number", always=True),
    Rule("BANK_ACCOUNT", "GB", "sort code", "dd-dd-dd", None, "sort code; sortcode", need="cue"),
    Rule("BANK_ACCOUNT", "GB", "sort code and account", "dd-dd-dd dddddddd", None, "sort code; sortcode", need="bare"),
    Rule("BANK_ACCOUNT", "GB", "account", "dddddddd", None, "current account; account no sort code; sort code and account number", need="cue"),
    Rule("PASSPORT", "GB", "passport", "ddddddddd", None, "british passport; uk passport", need="cue"),
    Rule("LICENSE_PLATE", "GB", "plate", "lldd lll|ld lll|ldd lll|lddd lll|lll dddl|lll ddl", None, "reg number; registration number", need="cue"),
    *_vat("GB", "ddd dddd dd|ddd dddd dd ddd", "gb.vat", "value added tax"),
    Rule("NATIONAL_ID", "IE", "PPS", "ddddddd_l|ddddddd_ll", "ie.pps", "pps; ppsn; pps number; personal public service number; uimhir psp"),
    Rule("DRIVER_LICENSE", "IE", "driving licence", "ddddddddd|ddd ddd ddd", None, "irish licence; ceadunas tiomana", need="cue"),
    Rule("PASSPORT", "IE", "passport", "lddddddd|lldddddd|llddddddd", None, "irish passport; pas", need="cue"),
    *_vat("IE", "dxdddddl|dddddddll", "ie.vat", "cbl; tax registration number"),
    # German-speaking countries
    Rule("TAX_ID", "DE", "Steuer-ID", "dd ddd ddd ddd", "de.idnr", "steuer id; steuerid; steuer identifikationsnummer; steueridentifikationsnummer; steuerliche identifikationsnummer; identifikationsnummer; idnr; id nr; steuer idnr; german tax id"),
    Rule("TAX_ID", "DE", "Steuernummer", "dd[/]ddd[/]ddddd|ddd[/]ddd[/]ddddd|ddd[/]dddd[/]dddd", "de.stnr", "steuernummer; steuer nr; steuernr; st nr; german tax number"),
    Rule("TAX_ID", "DE", "Steuernummer without slashes", "dd ddd ddddd|ddd ddd ddddd|ddd dddd dddd|ddddddddddddd", "de.stnr", "steuernummer; steuer nr; steuernr; st nr; german tax number", need="cue"),
    Rule("NATIONAL_ID", "DE", "Rentenversicherungsnummer", "dd dddddd l ddd|dd dddddd l dd d", own.de_pension, "sozialversicherungsnummer; sozialversicherung; rentenversicherungsnummer; rentenversicherung; versicherungsnummer; sv nummer; sv nr; rvnr; rv nummer; german social security number; pension insurance number"),
    Rule("HEALTH_ID", "DE", "Krankenversichertennummer", "l ddd ddd ddd|lddddddddd", own.de_health, "krankenversichertennummer; krankenversicherungsnummer; krankenversicherung; krankenkasse; versichertennummer; kvnr; kv nummer; german health insurance number"),
    Rule("NATIONAL_ID", "DE", "Personalausweis with check digit", "[CFGHJKLMNPRTVWXYZ]cccccccc_d", own.icao, f"personalausweis; personalausweisnummer; ausweis; ausweisnummer; perso; {ID_CARD}; aufenthaltstitel", need="cue"),
    Rule("NATIONAL_ID", "DE", "Personalausweis", "[CFGHJKLMNPRTVWXYZ]cccccccc|Tdddddddd", None, "personalausweis; personalausweisnummer; ausweis; ausweisnummer; perso", need="cue"),
    Rule("PASSPORT", "DE", "Reisepass", "[CFGHJK]cccccccc", None, "german passport; passnr", need="cue"),
    Rule("DRIVER_LICENSE", "DE", "Führerschein", "lddxxxxxxdx", None, "german driving licence", need="cue"),
    Rule("BANK_ACCOUNT", "DE", "Bankleitzahl", "ddd ddd dd", None, "blz; bankleitzahl; bank code", need="cue"),
    Rule("BANK_ACCOUNT", "DE", "Kontonummer", "dddddd|ddddddd|dddddddd|ddddddddd|dddddddddd", None, "kontonr; kto; kto nr; konto nr", need="cue"),
    Rule("LICENSE_PLATE", "DE", "Kennzeichen", "l-l d|l-l dd|l-l ddd|l-l dddd|l-ll d|l-ll dd|l-ll ddd|l-ll dddd|ll-l d|ll-l dd|ll-l ddd|ll-l dddd|ll-ll d|ll-ll dd|ll-ll ddd|ll-ll dddd|lll-l d|lll-l dd|lll-l ddd|lll-l dddd|lll-ll d|lll-ll dd|lll-ll ddd", None, "kfz kennzeichen; german plate", need="cue"),
    *_vat("DE", "ddddddddd|ddd ddd ddd", "de.vat", "ust id; ust idnr; ust id nr; ustid; ustidnr; umsatzsteuer; umsatzsteuer id; umsatzsteuer identifikationsnummer; umsatzsteueridentifikationsnummer"),
    Rule("NATIONAL_ID", "AT", "SVNR", "dddd dddddd|dddd dd dd dd", "at.vnr", "svnr; sv nummer; sv nr; sozialversicherungsnummer; versicherungsnummer; austrian social security number"),
    Rule("TAX_ID", "AT", "Steuernummer", "dd-ddd/dddd", "at.tin", "steuernummer; abgabenkontonummer; steuer nr; austrian tax number"),
    Rule("PASSPORT", "AT", "Reisepass", "lddddddd|lldddddd", None, "austrian passport", need="cue"),
    *_vat("AT", "Udddddddd", "at.uid", "uid; uid nummer; umsatzsteuer id; ust id"),
    Rule("NATIONAL_ID", "CH", "AHV", "756.dddd.dddd.dd", "ch.ssn", "ahv; ahv nummer; ahv nr; avs; numero avs; no avs; sozialversicherungsnummer; swiss social security number; avs ahv", always=True),
    Rule("TAX_ID", "CH", "UID", "CHE-ddd.ddd.ddd|CHE-ddd.ddd.ddd MWST|CHE-ddd.ddd.ddd TVA|CHE-ddd.ddd.ddd IVA", "ch.uid", "uid; unternehmens identifikationsnummer; mwst; mwst nr; ide", always=True),
    Rule("PASSPORT", "CH", "passport", "lddddddd", None, "swiss passport", need="cue"),
    Rule("LICENSE_PLATE", "CH", "Kontrollschild", "ll ddd|ll dddd|ll ddddd|ll dddddd", None, "kontrollschild; plaque d immatriculation", need="cue"),
    Rule("TAX_ID", "LI", "PEID", "ddddddd|dddddddddd", "li.peid", "peid; peid nummer", need="cue"),
    # France
    Rule("NATIONAL_ID", "FR", "NIR", "[1-478] dd dd d[0-9AB] ddd ddd dd|[1-478]dddddd ddd ddd dd|[1-478]dddddddddddd dd", "fr.nir", "nir; numero de securite sociale; securite sociale; secu; numero secu; carte vitale; french social security number", always=True),
    Rule("TAX_ID", "FR", "NIF", "dd dd ddd ddd ddd", "fr.nif", "nif; spi; numero fiscal; numero spi; reference fiscale; french tax number"),
    Rule("TAX_ID", "FR", "SIREN", "ddd ddd ddd", "fr.siren", "siren; numero siren; rcs"),
    Rule("TAX_ID", "FR", "SIRET", "ddd ddd ddd ddddd", "fr.siret", "siret; numero siret"),
    Rule("NATIONAL_ID", "FR", "carte d'identité", "dddddddddddd|xxxxxxxxx", None, "carte d identite; carte nationale d identite; =CNI; numero de carte d identite", need="cue"),
    Rule("PASSPORT", "FR", "passport", "ddllddddd|dd ll ddddd", None, "passeport francais; french passport", need="cue"),
    Rule("DRIVER_LICENSE", "FR", "permis", "dddddddddddd|ddllddddd", None, "numero de permis", need="cue"),
    Rule("LICENSE_PLATE", "FR", "plaque", "ll-ddd-ll|dddd ll dd|ddd lll dd", None, "numero d immatriculation", need="cue"),
    *_vat("FR", "xx ddd ddd ddd", "fr.tva", "tva; numero de tva; tva intracommunautaire; no tva"),
    Rule("TAX_ID", "MC", "VAT number", "FR xx ddd ddd ddd", "mc.tva", f"{VAT_CUES}; tva", need="cue"),
    # Spain and Portugal
    Rule("NATIONAL_ID", "ES", "DNI", "dd.ddd.ddd-l|dddddddd-l", "es.dni", "dni; nif; dni nif; documento nacional de identidad", always=True),
    Rule("NATIONAL_ID", "ES", "NIE", "[XYZ]-ddddddd-l|[XYZ] d.ddd.ddd-l", "es.nie", "nie; numero de identidad de extranjero; numero de extranjero; tie", always=True),
    Rule("TAX_ID", "ES", "CIF", "[ABCDEFGHJNPQRSUVW]-ddddddd-x|[ABCDEFGHJNPQRSUVW]-dd.ddd.ddx", "es.cif", "cif; nif; codigo de identificacion fiscal"),
    Rule("TAX_ID", "ES", "NIF", "[KLM]-ddddddd-l", "es.nif", "nif; numero de identificacion fiscal"),
    Rule("NATIONAL_ID", "ES", "Seguridad Social", "dd/dddddddd/dd|dd dddddddd dd|dd dddddddddd", own.es_social_security, "seguridad social; numero de la seguridad social; nuss; naf; afiliacion; spanish social security number"),
    Rule("BANK_ACCOUNT", "ES", "CCC", "dddd dddd dd dddddddddd|dddd dddd dd ddddd ddddd|dddd dddd dddd dddd dddd", "es.ccc", "ccc; codigo cuenta cliente; numero de cuenta"),
    Rule("PASSPORT", "ES", "pasaporte", "lll dddddd|lldddddd", None, "pasaporte espanol; spanish passport", need="cue"),
    Rule("LICENSE_PLATE", "ES", "matrícula", "dddd lll|l-dddd-ll|ll-dddd-ll", None, "matricula del coche", need="cue"),
    *_vat("ES", "xdddddddx", "es.nif", "iva; nif iva; numero de iva"),
    Rule("TAX_ID", "PT", "NIF", "ddd ddd ddd", "pt.nif", "nif; contribuinte; numero de contribuinte; nipc; numero de identificacao fiscal"),
    Rule("NATIONAL_ID", "PT", "cartão de cidadão", "dddddddd d xxd", "pt.cc", "cartao de cidadao; numero do cartao de cidadao; citizen card; bilhete de identidade"),
    Rule("PASSPORT", "PT", "passaporte", "l dddddd|lldddddd", None, "passaporte portugues", need="cue"),
    Rule("LICENSE_PLATE", "PT", "matrícula", "ll-dd-ll|dd-ll-dd|dd-dd-ll|ll-dd-dd", None, "chapa de matricula", need="cue"),
    *_vat("PT", "ddddddddd|ddd ddd ddd", "pt.nif", "iva; numero de iva"),
    # Italy
    Rule("NATIONAL_ID", "IT", "codice fiscale", "lll lll ddldd lddd l|lllllloolooloool", "it.codicefiscale", "codice fiscale; cf; c f; tessera sanitaria; italian tax code", always=True),
    Rule("TAX_ID", "IT", "partita IVA", "ddddddddddd", "it.iva", "partita iva; p iva; piva; iva; italian vat number"),
    Rule("NATIONAL_ID", "IT", "carta d'identità", "llddddd ll|lldddddll|ll ddddddd", None, f"carta d identita; carta di identita; numero carta d identita; {ID_CARD}", need="cue"),
    Rule("PASSPORT", "IT", "passaporto", "llddddddd", None, "passaporto italiano; italian passport", need="cue"),
    Rule("DRIVER_LICENSE", "IT", "patente", "ll dddddddl|xxxxxxxxxl", None, "numero patente; patente n; patente numero", need="cue"),
    Rule("LICENSE_PLATE", "IT", "targa", "ll ddd ll|ll-ddd-ll", None, "targa auto", need="cue"),
    *_vat("IT", "ddddddddddd", "it.iva", "partita iva; p iva; piva"),
    Rule("TAX_ID", "SM", "COE", "ddddd", "sm.coe", "coe; codice operatore economico", need="cue"),
    # Benelux
    Rule("NATIONAL_ID", "NL", "BSN", "dddd.dd.ddd|ddd ddd ddd|dddd ddddd", "nl.bsn", "bsn; burgerservicenummer; burger service nummer; sofinummer; sofi nummer; citizen service number"),
    Rule("NATIONAL_ID", "NL", "identiteitskaart", "llxxxxxxd", "nl.identiteitskaartnummer", f"identiteitskaart; id kaart; documentnummer; {ID_CARD}", need="cue"),
    Rule("PASSPORT", "NL", "paspoort", "llxxxxxxd", "nl.identiteitskaartnummer", "nederlands paspoort; dutch passport", need="cue"),
    Rule("DRIVER_LICENSE", "NL", "rijbewijs", "dddddddddd", None, "rijbewijs nummer", need="cue"),
    Rule("LICENSE_PLATE", "NL", "kenteken", "ll-ddd-l|l-ddd-ll|dd-ll-ll|ll-ll-dd|dd-lll-d|d-lll-dd|ll-dd-ll|lll-dd-l|l-dd-lll", None, "kentekennummer", need="cue"),
    *_vat("NL", "ddddddddd_B_dd|dddd.dd.ddd.B.dd", "nl.btw", "btw; btw nummer; btw id; btw nr"),
    Rule("NATIONAL_ID", "BE", "rijksregisternummer", "dd.dd.dd-ddd.dd|dddddd-ddd-dd", "be.ssn", "rijksregisternummer; rijksregister; rr; nn; numero national; numero de registre national; registre national; insz; niss; nationalregisternummer; nrn; belgian national number"),
    Rule("NATIONAL_ID", "BE", "eID", "ddd-ddddddd-dd", "be.eid", "eid; identiteitskaart; identiteitskaartnummer; carte d identite; numero de carte d identite; eid card"),
    Rule("PASSPORT", "BE", "passport", "ll dddddd", None, "belgian passport; passeport belge", need="cue"),
    Rule("LICENSE_PLATE", "BE", "plate", "d-lll-ddd|lll-ddd", None, "nummerplaat; plaque d immatriculation", need="cue"),
    *_vat("BE", "[01]ddd.ddd.ddd|ddd.ddd.ddd", "be.vat", "btw; tva; btw nummer; ondernemingsnummer; numero d entreprise; numero de tva; kbo; bce"),
    Rule("NATIONAL_ID", "LU", "matricule", "dddd dd dd ddd dd|dddd dd dd ddddd|dddddddd ddddd", own.lu_person, "matricule; numero de matricule; numero d identification nationale; sozialversicherungsnummer; matricule nationale; luxembourg social security number; cns"),
    *_vat("LU", "dddddddd|dddd dddd", "lu.tva", "tva; numero de tva; mwst"),
    # Nordic countries
    Rule("NATIONAL_ID", "DK", "CPR", "dddddd-dddd|dd dd dd-dddd", "dk.cpr", "cpr; cpr nummer; cpr nr; personnummer; danish personal number"),
    Rule("TAX_ID", "DK", "CVR", "dddddddd|dd dd dd dd", "dk.cvr", "cvr; cvr nummer; cvr nr; se nummer; momsnummer"),
    *_vat("DK", "dddddddd|dd dd dd dd", "dk.cvr", "moms; momsnummer; cvr"),
    Rule("NATIONAL_ID", "SE", "personnummer", "dddddd-dddd|dddddddd-dddd", "se.personnummer", "personnummer; pers nr; person nr; swedish personal number; samordningsnummer; personal number"),
    Rule("TAX_ID", "SE", "organisationsnummer", "dd[2-9]ddd-dddd", "se.orgnr", "organisationsnummer; org nr; orgnr; swedish company number"),
    Rule("LICENSE_PLATE", "SE", "plate", "lll ddd|lll ddx", None, "regnummer; reg nr", need="cue"),
    *_vat("SE", "dddddddddd01|dddddd-dddd-01", "se.vat", "moms; momsnummer; momsregistreringsnummer; vat nr"),
    Rule("NATIONAL_ID", "NO", "fødselsnummer", "dddddd ddddd|dd dd dd ddddd", "no.fodselsnummer", "fodselsnummer; fodselsnr; fnr; personnummer; d nummer; norwegian birth number; norwegian national id"),
    Rule("TAX_ID", "NO", "organisasjonsnummer", "[89]dd ddd ddd|NO [89]dd ddd ddd MVA|[89]dd ddd ddd MVA", "no.mva", "organisasjonsnummer; org nr; orgnr; mva; orgnummer"),
    Rule("BANK_ACCOUNT", "NO", "kontonummer", "dddd.dd.ddddd|dddd dd ddddd", "no.kontonr", "kontonummer; kontonr; norwegian account number"),
    Rule("NATIONAL_ID", "FI", "henkilötunnus", "dddddd[-]dddx|dddddd[A-FU-Y]dddx", own.fi_hetu, "hetu; henkilotunnus; sotu; personbeteckning; finnish personal identity code", always=True),
    Rule("TAX_ID", "FI", "Y-tunnus", "ddddddd-d", "fi.ytunnus", "y tunnus; ytunnus; fo nummer; business id; finnish business id", need="bare"),
    Rule("LICENSE_PLATE", "FI", "plate", "lll-ddd|ll-ddd", None, "rekisterinumero", need="cue"),
    *_vat("FI", "dddddddd|ddddddd-d", "fi.alv", "alv; alv numero; alv tunniste; moms"),
    Rule("NATIONAL_ID", "IS", "kennitala", "dddddd-dddd", "is_.kennitala", "kennitala; kt; icelandic id number"),
    Rule("TAX_ID", "IS", "VSK", "IS ddddd|IS dddddd", "is_.vsk", f"{VAT_CUES}; vsk; vsk numer; vsknumer", need="cue"),
    Rule("TAX_ID", "FO", "V-tal", "ddd ddd|FO ddd ddd", "fo.vn", "v tal; vtal", need="cue"),
    # Baltic countries
    Rule("NATIONAL_ID", "EE", "isikukood", "[1-8]dddddddddd|[1-8]dddddd dddd|[1-8] dddddd ddd d", "ee.ik", "isikukood; ik; estonian personal code; estonian id code"),
    Rule("TAX_ID", "EE", "registrikood", "dddddddd", "ee.registrikood", "registrikood; registry code; reg kood"),
    *_vat("EE", "ddddddddd", "ee.kmkr", "kmkr; kaibemaksukohustuslane; kmkr number"),
    Rule("NATIONAL_ID", "LV", "personas kods", "dddddd-ddddd", "lv.pvn", "personas kods; personas kodu; latvian personal code; p k"),
    *_vat("LV", "ddddddddddd", "lv.pvn", "pvn; pvn numurs; pvn reg"),
    Rule("NATIONAL_ID", "LT", "asmens kodas", "[1-6]dddddddddd|[1-6]dddddd dddd|[1-6] dddddd dddd", "lt.asmens", "asmens kodas; asmens kodo; a k; lithuanian personal code"),
    *_vat("LT", "ddddddddd|dddddddddddd", "lt.pvm", "pvm; pvm kodas; pvm moketojo kodas"),
    # Central Europe
    Rule("NATIONAL_ID", "PL", "PESEL", "ddddddddddd|dddddd ddddd", "pl.pesel", "pesel; numer pesel; nr pesel"),
    Rule("TAX_ID", "PL", "NIP", "ddd-ddd-dd-dd|ddd-dd-dd-ddd", "pl.nip", "nip; numer nip; nr nip; numer identyfikacji podatkowej"),
    Rule("TAX_ID", "PL", "REGON", "ddddddddd|dddddddddddddd|ddd ddd ddd", "pl.regon", "regon; numer regon; nr regon"),
    Rule("NATIONAL_ID", "PL", "dowód osobisty", "lll dddddd", own.pl_identity_card, f"dowod osobisty; dowodu osobistego; numer dowodu; dowod; seria i numer; {ID_CARD}"),
    Rule("PASSPORT", "PL", "paszport", "ll ddddddd", None, "numer paszportu; polish passport", need="cue"),
    Rule("BANK_ACCOUNT", "PL", "NRB", "dd dddd dddd dddd dddd dddd dddd", own.pl_bank_account, "nrb; numer rachunku; rachunek; nr konta; numer konta; nr rachunku"),
    Rule("LICENSE_PLATE", "PL", "plate", "ll ddddd|ll ddddl|ll dddll|lll xxxxx|lll dddd", None, "tablice", need="cue"),
    *_vat("PL", "dddddddddd|ddd-ddd-dd-dd|ddd ddd dd dd", "pl.nip", "nip; nip ue; vat ue"),
    Rule("NATIONAL_ID", "CZ", "rodné číslo", "dddddd/dddd|dddddd/ddd", "cz.rc", "rodne cislo; rodneho cisla; rc; r c; czech birth number; birth number"),
    Rule("TAX_ID", "CZ", "IČO", "dddddddd|ddd dd ddd", "cz.dic", "ico; dic; identifikacni cislo"),
    Rule("BANK_ACCOUNT", "CZ", "account with prefix", "dddddd-dddddddddd/dddd|ddd-dddddddddd/dddd|dd-dddddddddd/dddd", None, "ucet; cislo uctu; c u; bankovni ucet", need="cue"),
    Rule("BANK_ACCOUNT", "CZ", "account", "dddddddddd/dddd|ddddddddd/dddd|dddddddd/dddd", own.cz_bank_account, "ucet; cislo uctu; c u; bankovni ucet", need="bare"),
    Rule("LICENSE_PLATE", "CZ", "SPZ", "dld dddd|dll dddd", None, "poznavaci znacka; registracni znacka", need="cue"),
    *_vat("CZ", "dddddddd|ddddddddd|dddddddddd", "cz.dic", "dic; dph"),
    Rule("NATIONAL_ID", "SK", "rodné číslo", "dddddd/dddd|dddddd/ddd", "sk.rc", "rodne cislo; rodneho cisla; rc; r c; slovak birth number; birth number"),
    *_vat("SK", "dddddddddd|ddd ddd dddd", "sk.dph", "ic dph; dic; dph"),
    Rule("NATIONAL_ID", "HU", "személyi szám", "[1-8]-dddddd-dddd|[1-8] dddddd dddd", own.hu_person, "szemelyi szam; szemelyi azonosito; szemelyi azonosito jel; hungarian personal number"),
    Rule("HEALTH_ID", "HU", "TAJ", "ddd ddd ddd", own.hu_health, "taj; taj szam; tajszam; taj kartya; tarsadalombiztositasi azonosito; hungarian social security number"),
    Rule("TAX_ID", "HU", "adóazonosító", "8ddddddddd|8ddd ddd ddd", own.hu_tax, "adoazonosito; adoazonosito jel; adoszam; hungarian tax id"),
    Rule("TAX_ID", "HU", "adószám", "dddddddd-d-dd", None, "adoszam; vallalkozas adoszama; hungarian company tax number", need="bare"),
    *_vat("HU", "dddddddd", "hu.anum", "adoszam; kozossegi adoszam; afa"),
    Rule("NATIONAL_ID", "RO", "CNP", "ddddddddddddd|d dddddd dddddd|d dd dd dd dd ddd d", "ro.cnp", "cnp; cod numeric personal; romanian personal code"),
    Rule("TAX_ID", "RO", "CUI", "dddddd|ddddddd|dddddddd|ddddddddd|dddddddddd|RO dddddd", "ro.cui", "cui; cif; cod fiscal; cod unic de inregistrare", need="cue"),
    Rule("NATIONAL_ID", "RO", "carte de identitate", "ll dddddd", None, f"carte de identitate; buletin; serie ci; {ID_CARD}", need="cue"),
    Rule("TAX_ID", "RO", "VAT number", "RO ddddddd|RO dddddddd|RO ddddddddd|RO dddddddddd", "ro.cf", f"{VAT_CUES}; tva; cod tva; cui", always=True),
    Rule("NATIONAL_ID", "BG", "EGN", "dddddddddd|dddddd dddd", "bg.egn", "egn; егн; единен граждански номер; bulgarian personal number"),
    Rule("NATIONAL_ID", "BG", "LNCH", "dddddddddd", "bg.pnf", "lnch; лнч; личен номер на чужденец", need="cue"),
    *_vat("BG", "ddddddddd|dddddddddd", "bg.vat", "eik; еик; ддс; булстат; bulstat"),
    # South-eastern Europe
    Rule("NATIONAL_ID", "HR", "OIB", "ddddddddddd|ddd ddd ddd dd", "hr.oib", "oib; osobni identifikacijski broj"),
    *_vat("HR", "ddddddddddd", "hr.oib", "pdv; pdv id; pdv broj"),
    Rule("NATIONAL_ID", "SI", "EMŠO", "ddddddddddddd|ddddddd dd dddd|dddddd ddd dddd", own.jmbg, "emso; enotna maticna stevilka"),
    Rule("TAX_ID", "SI", "davčna številka", "dddddddd", "si.ddv", "davcna stevilka; davcna; slovenian tax number"),
    *_vat("SI", "dddddddd", "si.ddv", "ddv; id za ddv; ddv stevilka"),
    Rule("NATIONAL_ID", "RS", "JMBG", "ddddddddddddd", own.jmbg, "jmbg; јмбг; jedinstveni maticni broj; maticni broj"),
    Rule("TAX_ID", "RS", "PIB", "ddddddddd", "rs.pib", "pib; пиб; poreski broj"),
    Rule("NATIONAL_ID", "BA", "JMBG", "ddddddddddddd", own.jmbg, "jmbg; јмбг; jmb; maticni broj"),
    Rule("NATIONAL_ID", "ME", "JMBG", "ddddddddddddd", own.jmbg, "jmbg; јмбг; maticni broj"),
    Rule("TAX_ID", "ME", "PIB", "dddddddd", "me.pib", "pib; poreski broj"),
    Rule("NATIONAL_ID", "MK", "EMBG", "ddddddddddddd", own.jmbg, "embg; ембг; единствен матичен број; maticen broj"),
    Rule("TAX_ID", "MK", "EDB", "ddddddddddddd|MK ddddddddddddd", "mk.edb", "edb; едб; danocen broj"),
    Rule("TAX_ID", "AL", "NIPT", "[JKLM]ddddddddl", "al.nipt", "nipt; nuis; albanian tax number"),
    Rule("TAX_ID", "GR", "AFM", "ddddddddd|ddd ddd ddd", "gr.vat", "afm; αφμ; α φ μ; αριθμος φορολογικου μητρωου; greek tax number"),
    Rule("HEALTH_ID", "GR", "AMKA", "ddddddddddd|dddddd ddddd|dd dd dd ddddd", "gr.amka", "amka; αμκα; α μ κ α; αριθμος μητρωου κοινωνικης ασφαλισης; greek social security number"),
    Rule("PASSPORT", "GR", "passport", "ll ddddddd", None, "greek passport; αριθμος διαβατηριου", need="cue"),
    *_vat("GR", "ddddddddd|ddd ddd ddd", "gr.vat", "fpa; φπα; αφμ; afm", "EL"),
    *_vat("CY", "ddddddddl", "cy.vat", "fpa; φπα; tic; tax identification code"),
    Rule("NATIONAL_ID", "MT", "identity card", "ddddddd_[MGAPLHBZ]|dddddd_[MGAPLHBZ]|ddddd_[MGAPLHBZ]", None, f"karta tal identita; maltese id; {ID_CARD}", need="cue"),
    *_vat("MT", "dddddddd|dddd dddd", "mt.vat", "maltese vat number"),
    # Turkey, the Caucasus and eastern Europe
    Rule("NATIONAL_ID", "TR", "TCKN", "ddddddddddd|ddd ddd ddd dd", "tr.tckimlik", "tckn; tc kimlik; tc kimlik no; kimlik; kimlik no; kimlik numarasi; kimlik numaram; t c kimlik; tc no; turkish id number"),
    Rule("TAX_ID", "TR", "VKN", "dddddddddd|ddd ddd dddd", "tr.vkn", "vkn; vergi; vergi no; vergi numarasi; vergi kimlik; vergi kimlik no; turkish tax number"),
    Rule("LICENSE_PLATE", "TR", "plaka", "dd l dddd|dd ll ddd|dd ll dddd|dd lll dd|dd lll ddd", None, "plaka; plakam; plaka no", need="cue"),
    Rule("TAX_ID", "UA", "RNTRC", "dddddddddd", "ua.rntrc", "rntrc; rnokpp; рнокпп; іпн; ипн; інн; ідентифікаційний код; ідентифікаційний номер; ukrainian tax number"),
    Rule("TAX_ID", "UA", "EDRPOU", "dddddddd", "ua.edrpou", "edrpou; єдрпоу; код єдрпоу; едрпоу"),
    Rule("NATIONAL_ID", "UA", "UNZR", "dddddddd-ddddd", None, "унзр; unzr", need="cue"),
    Rule("NATIONAL_ID", "RU", "SNILS", "ddd-ddd-ddd dd", own.ru_snils, "снилс; snils; страховой номер"),
    Rule("TAX_ID", "RU", "INN", "dddddddddddd|dddddddddd|dddd dddddd dd", "ru.inn", "инн; =INN; inn number; russian tax number"),
    Rule("TAX_ID", "RU", "OGRN", "ddddddddddddd|ddddddddddddddd", "ru.ogrn", "огрн; ogrn; огрнип"),
    Rule("PASSPORT", "RU", "passport", "dddd dddddd|dd dd dddddd", None, "паспорт рф; russian passport; серия и номер; паспорта", need="cue"),
    Rule("TAX_ID", "BY", "UNP", "ddddddddd|llddddddd", "by.unp", "унп; unp; belarusian tax number"),
    Rule("NATIONAL_ID", "MD", "IDNP", "ddddddddddddd", "md.idno", "idnp; idno; cod personal; moldovan personal code"),
    Rule("TAX_ID", "AZ", "VÖEN", "dddddddddd", "az.voen", "voen; azerbaijani tax number"),
    # Middle East and Africa
    Rule("NATIONAL_ID", "IL", "identity number", "ddddddddd|dddddddd-d|ddd ddd ddd", "il.idnr", "teudat zehut; תעודת זהות; ת ז; מספר זהות; mispar zehut; israeli id"),
    Rule("TAX_ID", "IL", "company number", "5dddddddd|5d-ddddddd", "il.hp", "ח פ; israeli company number"),
    Rule("NATIONAL_ID", "EG", "national number", "[23]ddddddddddddd|[23] dddddd ddddddd", None, "الرقم القومي; رقم قومي; رقم البطاقة; egyptian national id", need="cue"),
    Rule("TAX_ID", "EG", "tax number", "ddd-ddd-ddd", "eg.tn", "الرقم الضريبي; رقم التسجيل الضريبي; egyptian tax number", need="cue"),
    Rule("NATIONAL_ID", "AE", "Emirates ID", "784-dddd-ddddddd-d", None, "emirates id; eid; الهوية; رقم الهوية; هوية", need="bare", always=True),
    Rule("NATIONAL_ID", "SA", "national ID", "[12]ddddddddd", "luhn", "iqama; iqama number; saudi id; saudi national id; رقم الهوية; رقم الإقامة; الهوية الوطنية"),
    Rule("TAX_ID", "TN", "matricule fiscal", "ddddddd/l/l/l/ddd|ddddddd/l", "tn.mf", "matricule fiscal; matricule fiscale"),
    Rule("TAX_ID", "DZ", "NIF", "ddddddddddddddd|dddddddddddddddddddd", "dz.nif", "nif; numero d identification fiscale", need="cue"),
    Rule("TAX_ID", "MA", "ICE", "ddddddddddddddd|ddd ddd ddd ddd ddd", "ma.ice", "ice; identifiant commun de l entreprise"),
    Rule("NATIONAL_ID", "ZA", "ID number", "dddddd dddd ddd|dddddd dddd d d d|dddddd ddddddd", "za.idnr", "south african id; sa id; id number; rsa id; id nommer; identiteitsnommer"),
    Rule("TAX_ID", "ZA", "tax reference", "[01239]ddddddddd|[01239]ddd ddd ddd|[01239]ddd/ddd/ddd", "za.tin", "tax reference; tax reference number; tax ref; sars; belastingnommer; income tax number"),
    Rule("NATIONAL_ID", "GH", "Ghana card", "GHA-ddddddddd-d", None, "ghana card; ghanacard", always=True),
    Rule("TAX_ID", "GH", "TIN", "[PCGQV]00dddddddx", "gh.tin", "ghana tin; gra tin"),
    Rule("TAX_ID", "KE", "KRA PIN", "[AP]dddddddddl", "ke.pin", "kra; kra pin; kenyan tax pin"),
    Rule("NATIONAL_ID", "MU", "NID", "lddddddddddddx", "mu.nid", "mauritian id; nid; mauritius national id"),
    Rule("NATIONAL_ID", "NG", "NIN", "ddddddddddd|dddd ddd dddd", None, "=NIN; my nin; nin number; national identification number; =BVN; bvn number; bank verification number", need="cue"),
    Rule("TAX_ID", "SN", "NINEA", "ddddddd dxd|ddddddddd dxd", "sn.ninea", "ninea; numero ninea", need="cue"),
    Rule("TAX_ID", "MZ", "NUIT", "ddddddddd|ddd ddd ddd", "mz.nuit", "nuit; numero nuit"),
    # South Asia
    Rule("NATIONAL_ID", "IN", "Aadhaar", "[2-9]ddd dddd dddd", "in_.aadhaar", "aadhaar; aadhar; adhaar; adhar; aadhaar number; uidai; आधार; आधार नंबर; ஆதார்"),
    Rule("NATIONAL_ID", "IN", "Aadhaar virtual ID", "[2-9]ddd dddd dddd dddd", "in_.vid", "vid; virtual id; aadhaar vid"),
    Rule("TAX_ID", "IN", "PAN", "lll[ABCFGHJLPT]l dddd l", "in_.pan", "=PAN; my pan; pan number; pan card; pan no; permanent account number; पैन", always=True),
    Rule("TAX_ID", "IN", "GSTIN", "ddlllll dddd ldZx|ddllllldddd lxZx|ddllllldddd l x Z x", "in_.gstin", "gstin; gst; gst number; gst no", always=True),
    Rule("NATIONAL_ID", "IN", "voter ID", "lll ddddddd", "in_.epic", "epic; voter id; voter id card; epic number; voter card; मतदाता"),
    Rule("PASSPORT", "IN", "passport", "l ddddddd", None, "indian passport; पासपोर्ट", need="cue"),
    Rule("DRIVER_LICENSE", "IN", "driving licence", "lldd ddddddddddd|ll-dd-dddd-ddddddd|lldd dddd ddddddd", None, "indian driving licence; ड्राइविंग लाइसेंस", need="cue"),
    Rule("BANK_ACCOUNT", "IN", "IFSC", "llll0xxxxxx", None, "ifsc; ifsc code; rtgs; neft", need="cue"),
    Rule("LICENSE_PLATE", "IN", "plate", "ll dd ll dddd|ll dd l dddd|ll d ll dddd", None, "gaadi number; vehicle number", need="cue"),
    Rule("NATIONAL_ID", "PK", "CNIC", "ddddd-ddddddd-d", "pk.cnic", "cnic; nicop; cnic number; شناختی کارڈ"),
    Rule("NATIONAL_ID", "LK", "NIC", "ddddddddd_[VX]|dddddddddddd", None, "=NIC; my nic; nic number; nic no; sri lankan nic", need="cue"),
    # East and South-east Asia
    Rule("NATIONAL_ID", "CN", "resident identity card", "dddddd dddddddd dddx|ddddddddddddddddd[0-9X]", "cn.ric", "身份证; 身份证号; 身份證; resident identity card; resident id; chinese id; shenfenzheng", always=True),
    Rule("PASSPORT", "CN", "passport", "[EGPSD]dddddddd|Elddddddd", None, "chinese passport", need="cue"),
    Rule("NATIONAL_ID", "HK", "identity card", "l dddddd([0-9A]|ll dddddd([0-9A]", own.hk_identity, f"hkid; hk id; hong kong id; hong kong identity card; 身份證; 身份证; {ID_CARD}"),
    Rule("NATIONAL_ID", "TW", "national identity card", "l[1289]dddddddd", own.tw_identity, "taiwan id; taiwanese id; 身分證; 身份證; 身分證字號; 統一證號"),
    Rule("TAX_ID", "TW", "UBN", "dddddddd", "tw.ubn", "統編; 統一編號; ubn; unified business number", need="cue"),
    Rule("NATIONAL_ID", "JP", "My Number", "dddd dddd dddd", own.jp_my_number, "マイナンバー; 個人番号; my number card; individual number; mynumber"),
    Rule("TAX_ID", "JP", "corporate number", "dddddddddddd[0-9]|d-dddd-dddd-dddd", "jp.cn", "法人番号; corporate number; houjin bangou"),
    Rule("DRIVER_LICENSE", "JP", "運転免許証", "dddddddddddd", None, "運転免許; 免許証; 免許証番号", need="cue"),
    Rule("PASSPORT", "JP", "passport", "llddddddd", None, "japanese passport", need="cue"),
    Rule("NATIONAL_ID", "KR", "RRN", "dddddd-ddddddd", "kr.rrn", "주민등록번호; 주민번호; resident registration number; rrn; jumin; 외국인등록번호"),
    Rule("TAX_ID", "KR", "BRN", "ddd-dd-ddddd", "kr.brn", "사업자등록번호; 사업자번호; business registration number; brn"),
    Rule("PASSPORT", "KR", "passport", "ldddddddd|lddd[A-Z]dddd", None, "korean passport", need="cue"),
    Rule("NATIONAL_ID", "SG", "NRIC", "[STFGM]ddddddd-l", own.sg_nric, "nric; fin; nric number; singapore id; singpass", always=True),
    Rule("TAX_ID", "SG", "UEN", "dddddddddl|ddddddddl|[RST]ddlxddddl", "sg.uen", "uen; unique entity number", need="cue"),
    Rule("NATIONAL_ID", "MY", "MyKad", "dddddd-dd-dddd", "my.nric", "mykad; nric; ic number; ic no; kad pengenalan; no kad pengenalan; no ic; malaysian id", need="bare"),
    Rule("NATIONAL_ID", "TH", "national ID", "d-dddd-ddddd-dd-d|d dddd ddddd dd d", "th.pin", "เลขประจำตัวประชาชน; บัตรประชาชน; เลขบัตรประชาชน; thai id; thai national id"),
    Rule("TAX_ID", "TH", "tax number", "ddddddddddddd|d-dddd-ddddd-dd-d|d-dd-d-ddd-ddddd-d", "th.tin", "เลขประจำตัวผู้เสียภาษี; เลขผู้เสียภาษี; thai tax id"),
    Rule("NATIONAL_ID", "ID", "NIK", "dddddddddddddddd|dddd dddd dddd dddd|dddddd dddddd dddd", "id.nik", "nik; ktp; no ktp; nomor ktp; nomor induk kependudukan; nomor nik", need="cue"),
    Rule("TAX_ID", "ID", "NPWP", "dd.ddd.ddd.d-ddd.ddd", "id.npwp", "npwp; nomor npwp; nomor pokok wajib pajak"),
    Rule("TAX_ID", "VN", "MST", "dddddddddd|dddddddddd-ddd", "vn.mst", "mst; ma so thue; vietnamese tax code"),
    Rule("NATIONAL_ID", "VN", "CCCD", "dddddddddddd|ddd ddd ddd ddd", None, "cccd; can cuoc; can cuoc cong dan; so cccd", need="cue"),
    Rule("NATIONAL_ID", "PH", "PhilSys", "dddd-dddd-dddd-dddd|dddd-ddddddd-d", None, "philsys; philid; umid", need="cue"),
    # Oceania
    Rule("TAX_ID", "AU", "TFN", "ddd ddd ddd|dd ddd ddd|dddddddd", "au.tfn", "tfn; tax file number; tax file; tax file no"),
    Rule("TAX_ID", "AU", "ABN", "dd ddd ddd ddd", "au.abn", "abn; australian business number; abn number"),
    Rule("TAX_ID", "AU", "ACN", "ddd ddd ddd", "au.acn", "acn; australian company number", need="cue"),
    Rule("HEALTH_ID", "AU", "Medicare", "[2-6]ddd ddddd d|[2-6]ddd ddddd d d|[2-6]ddd-ddddd-d/d", own.au_medicare, "medicare; medicare number; medicare card; medicare card number; medicare no"),
    Rule("BANK_ACCOUNT", "AU", "BSB", "ddd-ddd", None, "bsb; bsb number; bsb no", need="cue"),
    Rule("BANK_ACCOUNT", "AU", "BSB and account", "ddd-ddd ddddddddd|ddd-ddd dddddddd|ddd-ddd dddddd", None, "bsb; bsb number", need="cue"),
    Rule("PASSPORT", "AU", "passport", "lddddddd|llddddddd", None, "australian passport", need="cue"),
    Rule("DRIVER_LICENSE", "AU", "driver licence", "dddddddd|ddddddddd|dddddddddd|ddddll|lddddd|ldddddd", None, "australian licence", need="cue"),
    Rule("TAX_ID", "NZ", "IRD", "dd-ddd-ddd|ddd-ddd-ddd", "nz.ird", "ird; ird number; ird no; inland revenue"),
    Rule("BANK_ACCOUNT", "NZ", "account", "dd-dddd-ddddddd-dd|dd-dddd-ddddddd-ddd", "nz.bankaccount", "nz bank account; account number nz"),
    Rule("HEALTH_ID", "NZ", "NHI", "[A-HJ-NP-Z][A-HJ-NP-Z][A-HJ-NP-Z]dddd|[A-HJ-NP-Z][A-HJ-NP-Z][A-HJ-NP-Z]dd[A-HJ-NP-Z][A-HJ-NP-Z]", own.nz_health, "nhi; nhi number; national health index", need="cue"),
    Rule("PASSPORT", "NZ", "passport", "ll dddddd", None, "new zealand passport; nz passport", need="cue"),
    Rule("DRIVER_LICENSE", "NZ", "driver licence", "lldddddd", None, "nz licence; new zealand licence", need="cue"),
)  # fmt: skip


def _with(chars: str, becomes: str) -> dict[int, str]:
    return {ord(char): becomes for char in chars}


def _plain_table() -> dict[int, str]:
    """Digits of any script, full-width letters, dashes and blanks -> their ASCII, one character for one."""
    table = {code: str(unicodedata.digit(chr(code))) for code in range(0x20000) if chr(code).isdecimal()}
    table |= {code + 0xFEE0: chr(code) for code in range(0x21, 0x7F) if code + 0xFEE0 not in table}
    return table | _with("\u2010\u2011\u2012\u2013\u2014\u2212", "-") | _with("\u00a0\u2007\u2009\u202f\u3000", " ")


PLAIN = _plain_table()
LOOK = _with("0123456789", "D") | _with(own.ALPHABET[10:] + own.ALPHABET[10:].lower(), "L")
DIGIT = re.compile(r"\d")
ATOM = re.compile(r"[0-9A-Za-z]+")
SEPARATORS = re.compile(r"[^0-9A-Za-z]+")
BETWEEN = frozenset([" ", ".", "(", " (", *(f"{a}{sign}{b}" for sign in "-/" for a in ("", " ") for b in ("", " "))])
MOST_ATOMS, LONGEST = 9, 40
LETTER_ATOMS_AHEAD = 2
"""As many parts without a digit may open a number: "RSS MRA 80A01 H501U"."""

SHORTEST_NUMBER, SHORTEST_WORD = 8, 3
"""What stands behind a hyphen, dot or slash and is shorter is the rest of the same number."""

GLUED_BEFORE = re.compile(r"(?:[+@#$€£¥=&%*~\\]|\d[:,])\Z")
GLUED_AFTER = re.compile(r"[+@#$€£¥=&%*~\\]|[:,]\d")
SMALL_WORD = re.compile(r"(?:^| )[a-z]+(?: |$)")

LETTERS_OF_NO_ORDER = 3
"""A form with as many letters and a check is taken even for what is called an order or a product."""

LETTER = re.compile(r"[^\W\d_]+")
BEFORE = 40
AFTER = re.compile(r"[^\d,;.!?\n:=]{0,56}(?![\d:=])")
NEW_SENTENCE = re.compile(r"[.!?\n]\s*(?=[^\W\d_a-z])|\n\s*\n")
LONGEST_CUE, WIDEST_GAP = 5, 3
STROKES = {ord("ø"): "o", ord("ł"): "l", ord("đ"): "d", ord("ı"): "i"}
FIRST_UNSPACED = "\u0900"
"""From here on come the scripts whose words Python's `\\w` cuts (those of India), that are written without blanks (Thai,
kana, Han) or glue endings to a word (Hangul): their cues are looked for in the text as it is."""

OTHER = frozenset(
    """
    order orders ticket invoice case tracking track parcel package shipment shipping delivery phone telephone tel mobile
    cell call text sms whatsapp fax imei serial sku isbn ean upc asin gtin barcode part item article product model
    version firmware build amount price total postcode zip receipt booking confirmation reservation reference ref rma
    refund return transaction payment batch lot flight dhl ups fedex usps dpd gls awb timestamp account customer
    subscription voucher coupon error code extension ext box card visa mastercard license po
    bestellung bestellnummer bestellnr rechnung rechnungsnummer sendung sendungsnummer kundennummer telefon handy
    rufnummer seriennummer auftrag auftragsnummer artikelnummer vorgang vorgangsnummer
    commande facture colis suivi portable telephone reclamation
    pedido factura envio telefono movil seguimiento ordine fattura spedizione cellulare
    bestelling factuur pakket telefoon bestelnummer encomenda fatura telefone telemovel
    zamowienie zamowienia faktura faktury przesylka przesylki telefonu komorka
    objednavka objednavky faktura ordrenummer ordernummer tilausnumero siparis
    """.split()
)
"""Words that say that a number is something else, in case no cue stands nearer to it."""


@dataclass(frozen=True)
class _Index:
    """The rules by their look, the beginnings of those looks, the rules by their cues, and the cues' last words."""

    rules: tuple[Rule, ...]
    looks: dict[str, frozenset[int]]
    beginnings: frozenset[str]
    cues: dict[str, frozenset[int]]
    ends: frozenset[str]
    unspaced: re.Pattern[str]

    @classmethod
    def of(cls, rules: tuple[Rule, ...]) -> _Index:
        looks: dict[str, set[int]] = defaultdict(set)
        cues: dict[str, set[int]] = defaultdict(set)
        for number, rule in enumerate(rules):
            for look in rule.looks:
                looks[look].add(number)
            for cue in filter(None, f"{rule.cues}; {CUES[rule.entity]}".split("; ")):
                cues[_folded(cue)].add(number)
        unspaced = sorted((cue for cue in cues if cue >= FIRST_UNSPACED), key=len, reverse=True)
        return cls(
            rules,
            {look: frozenset(found) for look, found in looks.items()},
            frozenset(look[:end] for look in looks for end in range(1, len(look) + 1)),
            {cue: frozenset(found) for cue, found in cues.items()},
            frozenset(cue.rpartition(" ")[2] for cue in cues) | OTHER,
            re.compile("|".join(map(re.escape, unspaced)) or r"(?!)"),
        )


_indexed = cache(_Index.of)


def _folded(words: str) -> str:
    """Words without case and accents, letters only. A cue marked `=` or without blanks in its script stays as it is."""
    return words if words[0] == "=" or words >= FIRST_UNSPACED else " ".join(map(_fold, LETTER.findall(words)))


def _fold(word: str) -> str:
    if word.isascii():
        return word.lower()
    if word >= FIRST_UNSPACED:
        return word
    letters = unicodedata.normalize("NFKD", word.casefold().translate(STROKES))
    return "".join(char for char in letters if not unicodedata.combining(char))


class National:
    """Finds the national numbers of the table; `regions` are the countries (ISO 3166) whose numbers need no cue."""

    name = "national"

    def __init__(self, regions: Iterable[str]) -> None:
        on = {region.upper() for region in regions}
        self._index = _indexed(RULES)
        free = frozenset(
            number
            for number, rule in enumerate(self._index.rules)
            if rule.need != "cue" and (rule.always or rule.country in on)
        )
        self._free = {look: rules & free for look, rules in self._index.looks.items() if rules & free}

    def find(self, text: str) -> list[Span]:
        """Spans in order of their start, overlapping ones included; of one place, those with the best reason."""
        if not DIGIT.search(text):
            return []
        scene = _Scene(text if text.isascii() else text.translate(PLAIN), self._index)
        return [span for run in scene.runs() for span in self._judged(scene, run)]

    def _judged(self, scene: _Scene, run: _Run) -> list[Span]:
        """Which rules may speak: those without need of a cue where the run stands alone, and those whose cue is near."""
        standing = scene.standing(run)
        if standing == "part":
            return []
        cued, other = scene.around(run.start, run.end)
        cued &= self._index.looks[run.look]
        free = self._free.get(run.look, NO_RULES)
        if standing != "alone" or (other and run.look.count("L") < LETTERS_OF_NO_ORDER):
            free = NO_RULES
        if not (free or cued):
            return []
        return self._weighed(scene.plain[run.start : run.end], run, free, cued)

    def _weighed(self, written: str, run: _Run, free: frozenset[int], cued: frozenset[int]) -> list[Span]:
        """One span for each entity with the best reason there is."""
        found: dict[str, Span] = {}
        for number in sorted(free | cued):
            score, reason = self._weigh(number, written, number in cued, "L" in run.look)
            entity = self._index.rules[number].entity
            if score and (entity not in found or score > found[entity].score):
                found[entity] = Span(run.start, run.end, entity, score, self.name, reason)
        best = max((span.score for span in found.values()), default=0.0)
        return [span for span in found.values() if span.score == best]

    def _weigh(self, number: int, written: str, cued: bool, letters: bool) -> tuple[float, str]:
        """How sure a rule is of what is written, 0 if it is not its number, and why."""
        rule = self._index.rules[number]
        compact = SEPARATORS.sub("", written)
        if compact == written:
            mistaken = not cued and rule.need == "bare"
        else:
            mistaken = not (cued and rule.check) and SMALL_WORD.search(written) is not None
        if mistaken or not rule.compiled.fullmatch(written) or not rule.passes(compact.upper()):
            return 0.0, ""
        if cued:
            return (
                (1.0, f"{rule.title}: after its cue, checksum") if rule.check else (0.8, f"{rule.title}: after its cue")
            )
        return 0.9 if letters or rule.always else 0.6, f"{rule.title}: {'checksum' if rule.check else 'its form'}"


class _Run(NamedTuple):
    """Neighbouring atoms, from the first to the last by number, whose look is a rule's."""

    start: int
    end: int
    look: str
    first: int
    last: int


class _Hit(NamedTuple):
    """A cue and its rules, or a word that names something else."""

    start: int
    end: int
    rules: frozenset[int] | None


NO_RULES: frozenset[int] = frozenset()
Standing = Literal["part", "tied", "alone"]


class _Scene:
    """One text: its atoms, its cues, and the runs of atoms that may be numbers.

    Each atom begins at most `MOST_ATOMS` runs of at most `LONGEST` characters, and each run looks at the cues within
    `BEFORE` characters: all is linear in the length of the text.
    """

    def __init__(self, plain: str, index: _Index) -> None:
        self.plain = plain
        self._index = index
        self._atoms = [match.span() for match in ATOM.finditer(plain)]
        self._read: dict[int, tuple[frozenset[int], bool]] = {}

    @cached_property
    def _hits(self) -> list[_Hit]:
        return sorted(_hits(self.plain, self._index), key=lambda hit: hit.end)

    @cached_property
    def _ends(self) -> list[int]:
        return [hit.end for hit in self._hits]

    def runs(self) -> Iterator[_Run]:
        """Every run of neighbouring atoms that looks like a rule's number."""
        looks, beginnings = self._index.looks, self._index.beginnings
        plain, atoms = self.plain, self._atoms
        for first in self._firsts():
            start = before = atoms[first][0]
            look = ""
            for last in range(first, min(first + MOST_ATOMS, len(atoms))):
                at, end = atoms[last]
                if end - start > LONGEST or (last > first and plain[before:at] not in BETWEEN):
                    break
                look += plain[at:end].translate(LOOK) if last == first else "_" + plain[at:end].translate(LOOK)
                if look not in beginnings:
                    break
                before = end
                if look in looks:
                    yield _Run(start, end, look, first, last)

    def _firsts(self) -> Iterator[int]:
        """The atoms with a digit, and those without that stand so close before one that they may open its number."""
        plain, after = self.plain, 0
        for number, (start, end) in enumerate(self._atoms):
            if not plain[start:end].isalpha():
                yield from range(max(after, number - LETTER_ATOMS_AHEAD), number + 1)
                after = number + 1

    def standing(self, run: _Run) -> Standing:
        """A "part" of a word of another alphabet or of a longer number with separators; "alone" where it is no part of
        a code, a price, an address or a telephone number either; else "tied". Letters may stand beside other digits."""
        around = (self.plain[run.start - 1] if run.start else " ", self.plain[run.end : run.end + 1] or " ")
        ties = self._tie(run.first - 1, run.first - 1), self._tie(run.last, run.last + 1)
        inner = "cut" in ties or (ties[0] == "blank" and "L" not in run.look)
        if inner or any(char == "_" or (char.isalnum() and char < FIRST_UNSPACED) for char in around):
            return "part"
        ahead = self.plain[max(0, run.start - 2) : run.start]
        glued = GLUED_BEFORE.search(ahead) or GLUED_AFTER.match(self.plain, run.end)
        return "tied" if glued or "sign" in ties or ("blank" in ties and "L" not in run.look) else "alone"

    def _tie(self, left: int, outside: int) -> str:
        """What ties a run to the atom outside: a blank and digits, a sign, or a sign and a short rest ("cut")."""
        if left < 0 or left + 1 >= len(self._atoms):
            return ""
        gap = self.plain[self._atoms[left][1] : self._atoms[left + 1][0]]
        if gap not in BETWEEN:
            return ""
        neighbour = self.plain[slice(*self._atoms[outside])]
        if neighbour.isalpha() and (" " in gap or gap == "."):
            return ""
        if " " in gap:
            return "blank"
        shortest = SHORTEST_WORD if neighbour.isalpha() else SHORTEST_NUMBER
        return "cut" if len(neighbour) < shortest else "sign"

    def around(self, start: int, end: int) -> tuple[frozenset[int], bool]:
        """The rules whose cue stands near a number, and whether it is called something else."""
        if not self._hits:
            return NO_RULES, False
        if start not in self._read:
            self._read[start] = self._before(start)
        cued, other = self._read[start]
        return (cued, other) if cued or other else self._after(end)

    def _before(self, start: int) -> tuple[frozenset[int], bool]:
        """The cues up to a word for something else, or up to a number that has taken the cues before it."""
        cued, nearest = NO_RULES, start
        for number in range(bisect_right(self._ends, start) - 1, -1, -1):
            hit = self._hits[number]
            if hit.end < start - BEFORE or (cued and DIGIT.search(self.plain, hit.end, nearest)):
                break
            if hit.rules is None:
                return cued, not cued and not NEW_SENTENCE.search(self.plain, hit.end, start)
            cued |= hit.rules
            nearest = hit.start
        return cued, False

    def _after(self, end: int) -> tuple[frozenset[int], bool]:
        """The cues up to the end of the clause, unless another number or a colon follows them."""
        match = AFTER.match(self.plain, end)
        cued = NO_RULES
        for number in range(bisect_right(self._ends, end), len(self._hits)):
            hit = self._hits[number]
            if not match or hit.end > match.end():
                break
            if hit.rules is None:
                return cued, not cued
            cued |= hit.rules if hit.start >= end else NO_RULES
        return cued, False


def _hits(plain: str, index: _Index) -> list[_Hit]:
    """The cues of a text, and the words of `OTHER` that are no part of one."""
    hits: list[_Hit] = []
    words = [match.span() for match in LETTER.finditer(plain)]
    for number, (start, end) in enumerate(words):
        word = plain[start:end]
        folded = _fold(word)
        if folded not in index.ends and (end - start > 3 or f"={word}" not in index.ends):
            continue
        at, rules = _cue(list(_chain(plain, words, number)), word, index.cues)
        if rules:
            while hits and hits[-1].rules is None and hits[-1].start >= at:
                hits.pop()
            hits.append(_Hit(at, end, rules))
        elif folded in OTHER:
            hits.append(_Hit(start, end, None))
    if not plain.isascii():
        hits += [_Hit(*match.span(), index.cues[match.group()]) for match in index.unspaced.finditer(plain)]
    return hits


def _chain(plain: str, words: Sequence[tuple[int, int]], last: int) -> Iterator[tuple[str, int]]:
    """The words that a cue with such a last word may have, backwards: each folded, and where it begins."""
    before = words[last][0]
    for start, end in reversed(words[max(0, last - LONGEST_CUE + 1) : last + 1]):
        if before - end > WIDEST_GAP:
            return
        before = start
        yield _fold(plain[start:end]), start


def _cue(chain: Sequence[tuple[str, int]], word: str, cues: dict[str, frozenset[int]]) -> tuple[int, frozenset[int]]:
    """Where the longest cue begins that ends with the chain's first word, and the rules of all such cues."""
    start = chain[0][1]
    found = cues.get(f"={word}", NO_RULES)
    phrase = ""
    for folded, at in chain:
        phrase = f"{folded} {phrase}" if phrase else folded
        rules = cues.get(phrase)
        if rules:
            start, found = at, found | rules
    return start, found


class Recognizer(PatternRecognizer):  # type: ignore[misc]
    """The rules of one entity as Presidio knows them."""

    def __init__(self, entity: str, regions: Sequence[str], language: str = "en") -> None:
        self._national = National(regions)
        super().__init__(
            supported_entity=entity,
            name=f"national: {entity.lower()}",
            supported_language=language,
            patterns=[Pattern(rule.title, rule.pattern, 0.6) for rule in RULES if rule.entity == entity],
        )

    def analyze(
        self, text: str, entities: Sequence[str], nlp_artifacts: object = None, regex_flags: int | None = None
    ) -> list[RecognizerResult]:
        """What the rules find; the explanation names the rule and its reason."""
        return [self._result(span) for span in self._national.find(text) if span.entity == self.supported_entities[0]]

    def _result(self, span: Span) -> RecognizerResult:
        title, _, _ = span.reason.partition(": ")
        pattern = next(pattern for pattern in self.patterns if pattern.name == title)
        explanation = self.build_regex_explanation(self.name, title, pattern.regex, span.score, None, 0)
        explanation.set_supportive_context_word(span.reason)
        who = {RecognizerResult.RECOGNIZER_NAME_KEY: self.name, RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id}
        return RecognizerResult(span.entity, span.start, span.end, span.score, explanation, who)


def recognizers(regions: Sequence[str], language: str = "en") -> list[Recognizer]:
    """The table as Presidio recognizers, one for an entity."""
    return [Recognizer(entity, regions, language) for entity in CUES]
