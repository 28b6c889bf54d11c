"""Whether a text is a unit of UCUM: its grammar and its atoms, case sensitive. Pure.

Source: The Unified Code for Units of Measure 2.1, section 2 (grammar) and tables 1 to 24 (the
atoms' symbols and which of them take a prefix).
"""

from __future__ import annotations

import re
from functools import lru_cache

SYSTEM = "http://unitsofmeasure.org"
LONGEST = 80  # characters; the longest of UCUM's own examples has 42

_PREFIXES = tuple(
    """
    Y Z E P T G M k h da d c m u n p f a z y Ki Mi Gi Ti
    """.split()  # noqa: SIM905  # a table
)

# may be written with a prefix
_METRIC = frozenset(
    """
    m s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv gf l L ar t bar u eV
    pc [c] [h] [k] [eps_0] [mu_0] [e] [m_e] [m_p] [G] [g] [ly] Ky Gal dyn erg P Bi St Mx G Oe Gb sb
    Lmb ph Ci R RAD REM cal_[15] cal_[20] cal_m cal_IT cal_th cal tex m[H2O] m[Hg] eq osm g% kat U
    [iU] [IU] Np B B[SPL] B[V] B[mV] B[uV] B[10.nV] B[W] B[kW] st mho bit By Bd
    """.split()  # noqa: SIM905  # a table
)
# may not
_PLAIN = frozenset(
    """
    10* 10^ [pi] % [ppth] [ppm] [ppb] [pptr] gon deg ' '' min h d a_t a_j a_g a wk mo_s mo_j mo_g mo
    AU [in_i] [ft_i] [yd_i] [mi_i] [fth_i] [nmi_i] [kn_i] [sin_i] [sft_i] [syd_i] [cin_i] [cft_i]
    [cyd_i] [bf_i] [cr_i] [mil_i] [cml_i] [hd_i] [ft_us] [yd_us] [in_us] [rd_us] [ch_us] [lk_us]
    [rch_us] [rlk_us] [fth_us] [fur_us] [mi_us] [acr_us] [srd_us] [smi_us] [sct] [twp] [mil_us]
    [in_br] [ft_br] [rd_br] [ch_br] [lk_br] [fth_br] [pc_br] [yd_br] [mi_br] [nmi_br] [kn_br]
    [acr_br] [gal_us] [bbl_us] [qt_us] [pt_us] [gil_us] [foz_us] [fdr_us] [min_us] [crd_us] [bu_us]
    [gal_wi] [pk_us] [dqt_us] [dpt_us] [tbs_us] [tsp_us] [cup_us] [foz_m] [cup_m] [tsp_m] [tbs_m]
    [gal_br] [pk_br] [bu_br] [qt_br] [pt_br] [gil_br] [foz_br] [fdr_br] [min_br] [gr] [lb_av]
    [oz_av] [dr_av] [scwt_av] [lcwt_av] [ston_av] [lton_av] [stone_av] [pwt_tr] [oz_tr] [lb_tr]
    [sc_ap] [dr_ap] [oz_ap] [lb_ap] [oz_m] [lne] [pnt] [pca] [pnt_pr] [pca_pr] [pied] [pouce]
    [ligne] [didot] [cicero] [degF] [degR] [degRe] [lbf_av] [Cal] [Btu_39] [Btu_59] [Btu_60] [Btu_m]
    [Btu_IT] [Btu_th] [Btu] [HP] [den] [in_i'H2O] [in_i'Hg] [PRU] [wood'U] [diop] [p'diop] %[slope]
    [mesh_i] [Ch] [drp] [hnsf'U] [MET] [hp'_X] [hp'_C] [hp'_M] [hp'_Q] [hp_X] [hp_C] [hp_M] [hp_Q]
    [kp_X] [kp_C] [kp_M] [kp_Q] [pH] [S] [HPF] [LPF] [arb'U] [USP'U] [GPL'U] [MPL'U] [APL'U]
    [beth'U] [anti'Xa'U] [todd'U] [dye'U] [smgy'U] [bdsk'U] [ka'U] [knk'U] [mclg'U] [tb'U] [CCID_50]
    [TCID_50] [EID_50] [PFU] [FFU] [CFU] [IR] [BAU] [AU] [Amb'a'1'U] [PNU] [Lf] [D'ag'U] [FEU] [ELU]
    [EU] Ao b att [psi] circ sph [car_m] [car_Au] [smoot] [m/s2/Hz^0.5] bit_s
    """.split()  # noqa: SIM905  # a table
)
_UNIT = re.compile(r"(?P<symbol>.*?[^0-9+-])(?P<exponent>[+-]?[0-9]+)?", re.DOTALL)


@lru_cache(maxsize=512)  # units are few and come by the thousand
def is_unit(code: str) -> bool:
    """Tell whether a code is a unit of UCUM, such as ``mm[Hg]``, ``/min`` or ``10*3/uL``."""
    if not 0 < len(code) <= LONGEST or not code.isascii() or not code.isprintable():
        return False
    try:
        return _term(code.removeprefix("/"))
    except ValueError:
        return False


def _term(text: str) -> bool:
    """Tell whether a text is components between ``.`` and ``/``."""
    return all(_component(part) for part in _split(text))


def _split(text: str) -> list[str]:
    """Return the components of a term.

    :raises ValueError: if brackets of any kind do not close.
    """
    parts: list[str] = []
    open_: list[str] = []
    start = 0
    for at, sign in enumerate(text):
        inside = open_[-1] if open_ else ""
        if inside in {"[", "{"}:  # what stands in these is one word
            if sign == {"[": "]", "{": "}"}[inside]:
                open_.pop()
            elif sign in "[{" or (inside == "[" and sign in "]}()"):
                raise ValueError(text)
        elif sign in "[{(":
            open_.append(sign)
        elif sign == ")" and inside == "(":
            open_.pop()
        elif sign in ")]}":
            raise ValueError(text)
        elif sign in "./" and not open_:
            parts.append(text[start:at])
            start = at + 1
    if open_:
        raise ValueError(text)
    return [*parts, text[start:]]


def _component(text: str) -> bool:
    brace = text.rfind("{") if text.endswith("}") else -1  # an annotation ends a component
    bare = text if brace < 0 else text[:brace]
    if brace == 0:
        return len(text) > len("{}")
    if bare.startswith("("):
        return bare.endswith(")") and _term(bare[1:-1].removeprefix("/"))
    if bare.isdigit():
        return bare[0] != "0" and brace < 0
    found = _UNIT.fullmatch(bare)
    if found is None:
        return False
    symbol = found["symbol"]
    if symbol in _METRIC or symbol in _PLAIN:
        return True
    return any(
        symbol.startswith(prefix) and symbol[len(prefix) :] in _METRIC for prefix in _PREFIXES
    )
