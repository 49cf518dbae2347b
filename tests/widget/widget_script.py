"""What the scripted Rasa says to the widget, in place of the model."""

from scripted_rasa import said

AGREE = ["Helemaal mee eens", "Mee eens", "Niet mee eens"]
MENU = [("Zelfscan", "/zelfscan"), ("Regelingen", "/regelingen"), ("Een medewerker", "/mens")]
STATEMENTS = ["Ik werk graag zelfstandig.", "Ik kan goed plannen.", "Ik durf te bellen."]
PROFILE = "Profiel in een ring: Wat je drijft: sterk. Wat je kunt: gemiddeld."
HOSTILE = [
    "<script>window.hacked=1</script>",
    '<img src=x onerror="window.hacked=2">',
    "<svg onload=window.hacked=3>",
    '"><iframe srcdoc="<script>top.hacked=4</script>"></iframe>',
    "[klik](javascript:window.hacked=5)",
    "[klik](data:text/html,<script>top.hacked=6</script>)",
    "[klik](JaVaScRiPt&#58;window.hacked=7)",
    "![plaatje](x onerror=window.hacked=8)",
    "<a href='https://kvk.nl' onclick='window.hacked=9'>kvk</a>",
    "<style>*{display:none}</style>",
]


def answers(site, server):
    """The script, for a chat on the pages of `site` (an address) that comes from `server`."""
    return {
        '/groet{"gemeente": "Voorbeeldstad"}': said(
            "Hallo. Ik ben Startwijzer. Je praat met een computer.\n\nWaar wil je beginnen?",
            choices=MENU,
        ),
        "/regelingen": said(
            "Dit zijn **twee** regelingen:\n\n"
            "- [Bbz](https://www.rijksoverheid.nl/bbz)\n- Startkapitaal\n\n"
            "Bel [14 0123](tel:140123), mail [het loket](mailto:loket@example.nl) "
            f"of lees [de volgende pagina]({site}/volgende).",
            choices=[("Meer over Bbz", "/bbz"), ("Terug naar het begin", "/begin")],
            topic="regelingen",
        ),
        "/mens": said("Goedemorgen, je praat met Samira.", by="person"),
        "foto": said("Hier is je profiel.", image={"url": f"{server}/profiel.png", "alt": PROFILE}),
        "lang": said("\n\n".join(f"Regel {n} van een lang antwoord." for n in range(1, 13))),
        "engels": said("**Vet** en *schuin*."),
        **_scan(),
        **_hostile(server),
    }


def _scan():
    found = {"/zelfscan": _statement(1), "zelfscan": _statement(1)}
    for number in range(1, len(STATEMENTS)):
        for choice in range(len(AGREE)):
            found[f"/zs{number}_{choice}"] = _statement(number + 1)
    for choice in range(len(AGREE)):
        found[f"/zs{len(STATEMENTS)}_{choice}"] = said("Klaar. Je hebt alles gezegd.")
    return found


def _statement(number):
    return said(
        f"**Vraag {number} van {len(STATEMENTS)}**\n\n{STATEMENTS[number - 1]}",
        choices=[(title, f"/zs{number}_{n}") for n, title in enumerate(AGREE)],
        flow="zelfscan",
        step=f"zs0{number}",
        progress=(number, len(STATEMENTS)),
    )


def _hostile(server):
    return {
        "aanval": said(
            "\n\n".join(HOSTILE), choices=[(attack, f"/x{n}") for n, attack in enumerate(HOSTILE)]
        ),
        **{
            f"beeld {n}": said("Een beeld.", image={"url": url, "alt": '"><img src=x onerror=1>'})
            for n, url in enumerate(
                [
                    "javascript:window.hacked=10",
                    "data:image/svg+xml,<svg onload='window.hacked=11'/>",
                    f'{server}/profiel.png" onload="window.hacked=12',
                    f"{server}/hostile.svg",
                ]
            )
        },
    }
