"""The words of a print pack: how to print, sew and wear a mask, and what not to expect of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """What is said of one kind of mask.

    Attributes:
        title: its name.
        material: cloth and paper, one paragraph.
        steps: how it is made, in order.
        up: how it is worn.
    """

    title: str
    material: str
    steps: tuple[str, ...]
    up: str


PRINT = (
    "Print at 100 % (\u201cactual size\u201d): no scaling, no \u201cfit to page\u201d.",
    "Measure the scale bar on each page. It must be 50 mm long; if not, print again.",
    "Print the chart page on the same cloth, with the same settings and in the same run.",
)

EXPECT = (
    "The design was computed to make face recognition miss its wearer. That was measured on "
    "pictures, not on this print. A program may still know you, above all one that ignores the "
    "covered part of faces or has learned from people who wear the same design.",
    "People know you as before. So do your gait, your clothes, your voice and your phone.",
    "This is no medical mask and filters nothing. In some places covering the face is restricted.",
)

WASH = (
    "Wash by hand or at 30 \u00b0C, inside out, without bleach. Wash the chart along with it: when "
    "its colours have faded, so have the mask's, and nobody has measured those."
)

PLEATED = Wording(
    "Pleated mask",
    "One sheet of printable cotton, one of plain cotton as lining, 15 cm of nose wire, two ear "
    "loops of 18 cm elastic.",
    (
        "Cut along the solid line. Lay the printed side on the lining and sew the upper and lower "
        "edge along the dashed line; turn it inside out and press it.",
        "Slide the wire in along the upper edge and stitch below it.",
        "Fold each pleat: out at A, back at B, and lay A on C. All pleats point down.",
        "Pin the pleats: the folded mask is 95 mm high. Turn in the sides along the dashed line "
        "and sew them with the ear loops in their corners.",
        "Open the pleats in the middle with your fingers until it holds nose and chin.",
    ),
    "The edge with the wire is up, at the nose. The printed side is outside, pleats point down.",
)

TWO_PIECE = Wording(
    "Two-piece cloth mask",
    "Two sheets of printable cotton, as much plain cotton for the lining, 15 cm of nose wire, two "
    "ear loops of 18 cm elastic.",
    (
        "Cut both halves along the solid line, and the lining by the same pattern.",
        "Lay the printed sides of the halves on each other. Sew the curved seam in the middle "
        "along the dashed line, from nose to chin; both seams are equally long.",
        "Clip the allowance every 10 mm along the curve, and press it open. Do the lining alike.",
        "Lay mask and lining on each other, printed side in. Sew the upper and lower edge along "
        "the dashed line, turn it inside out, and slide the wire in at the nose.",
        "Turn in the sides along the dashed line and sew them with the ear loops in their corners.",
    ),
    "The end marked \u201cnose\u201d is up, the printed side outside. The halves meet at the seam.",
)

GAITER = Wording(
    "Gaiter",
    "Elastic knit, 54 x 27 cm or more, printed on a wide printer or by a print shop: the page is "
    "larger than A4 and must not be scaled either.",
    (
        "Cut along the solid line.",
        "Lay the short sides on each other, printed side in, and sew along the dashed line.",
        "Turn in the upper and lower edge along the dashed line and hem them with an elastic "
        "stitch. Turn it inside out.",
        "Press the front where the marks C at the upper and lower edge are: that line lies over "
        "the nose.",
    ),
    "The edge at the design is up and reaches the lower lids. The seam is at the back of the head.",
)
