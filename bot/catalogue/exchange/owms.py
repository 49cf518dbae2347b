"""Names and addresses of the Overheid.nl Web Metadata Standaard that Samenwerkende Catalogi uses.

Sources: Informatie Publicatie Model (IPM) Samenwerkende Catalogi 4.0, version 2.01, June 2018,
Logius (https://www.logius.nl/domeinen/interactie/samenwerkende-catalogi/documentatie); XML Schema
https://standaarden.overheid.nl/sc/4.0/xsd/sc.xsd; value list overheid:Gemeente,
https://standaarden.overheid.nl/owms/terms/Gemeente (the gemeenten since 1 January 2023).
"""

from __future__ import annotations

# IPM par. 3.3. Addresses of names kept http: when the site moved to https in 2018 (par. 3.1).
PRODUCT = "http://standaarden.overheid.nl/product/terms/"
OVERHEID = "http://standaarden.overheid.nl/owms/terms/"
DCTERMS = "http://purl.org/dc/terms/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XHTML = "http://www.w3.org/1999/xhtml"
SCHEMA_LOCATION = f"{PRODUCT} https://standaarden.overheid.nl/sc/4.0/xsd/sc.xsd"
XHTML_LOCATION = f"{XHTML} http://www.w3.org/2002/08/xhtml/xhtml1-strict.xsd"
VERSION = "4.0"
NEDERLAND = (f"{OVERHEID}Nederland", "Nederland")

# Their address has no `_(gemeente)`: no place has the same name, or it was given so.
_WITHOUT_SUFFIX = frozenset(
    """
    Aa en Hunze|Achtkarspelen|Albrandswaard|Almelo|Alphen-Chaam|Altena|Ameland|Amsterdam|Beekdaelen|
    Berg en Dal|Berkelland|Bernheze|Bodegraven-Reeuwijk|Borger-Odoorn|Bronckhorst|Brummen|
    Cranendonck|Dantumadiel|De Fryske Marren|De Ronde Venen|De Wolden|Dijk en Waard|Dinkelland|
    Doetinchem|Drimmelen|Echt-Susteren|Edam-Volendam|Eemsdelta|Eijsden-Margraten|Epe|Geldrop-Mierlo|
    Gemert-Bakel|Goeree-Overflakkee|Gooise Meren|Gulpen-Wittem|Haarlem|Halderberge|Hardenberg|
    Heeze-Leende|Hengelo|Het Hogeland|Hoeksche Waard|Hof van Twente|Hollands Kroon|
    Horst aan de Maas|Kaag en Braassem|Koggenland|Krimpenerwaard|Laarbeek|Land van Cuijk|
    Lansingerland|Leidschendam-Voorburg|Leudal|Lingewaard|Maasgouw|Maashorst|Meierijstad|
    Midden-Delfland|Midden-Drenthe|Midden-Groningen|Moerdijk|Molenlanden|Montferland|Neder-Betuwe|
    Nieuwegein|Nissewaard|Noord-Beveland|Noordenveld|Nuenen, Gerwen en Nederwetten|Oldambt|
    Olst-Wijhe|Ommen|Oost Gelre|Ooststellingwerf|Opmeer|Opsterland|Oude IJsselstreek|Overbetuwe|
    Peel en Maas|Pekela|Pijnacker-Nootdorp|Reusel-De Mierden|Rijssen-Holten|Roerdalen|Roosendaal|
    Rotterdam|Schouwen-Duiveland|Sittard-Geleen|Smallingerland|Stadskanaal|Steenwijkerland|
    Stichtse Vecht|Terneuzen|Teylingen|Twenterand|Tynaarlo|Tytsjerksteradiel|Utrechtse Heuvelrug|
    Valkenburg aan de Geul|Veere|Vijfheerenlanden|Voorne aan Zee|Waadhoeke|West Betuwe|
    West Maas en Waal|Westerkwartier|Westerveld|Westerwolde|Westland|Weststellingwerf|Wijdemeren|
    Wormerland|Zaanstad|Zuidplas|Zwartewaterland
    """.strip()
    .replace("\n    ", "")
    .split("|")
)
# The name that people use -> the end of the address, and the label in the list.
_OTHERWISE = {
    "Bergen (Limburg)": ("Bergen_(Li)", "Bergen (L)"),
    "Bergen (Noord-Holland)": ("Bergen_(NH)", "Bergen (NH)"),
    "Den Bosch": ("'s-Hertogenbosch", "'s-Hertogenbosch"),
    "Den Haag": ("'s-Gravenhage", "'s-Gravenhage"),
    "Noardeast-Fryslân": ("Noardeast-Fryslan", "Noardeast-Fryslân"),
    "Súdwest-Fryslân": ("Sudwest_Fryslan", "Súdwest-Fryslân"),
}


def gemeente(name: str) -> tuple[str, str]:
    """The address and label of a gemeente in the value list, by the name that people use.

    A gemeente that is not in the list (the fictitious one) gets the address that it would have.
    """
    end, label = _OTHERWISE.get(name, (name.replace(" ", "_"), name))
    if name not in _OTHERWISE and name not in _WITHOUT_SUFFIX:
        end += "_(gemeente)"
    return OVERHEID + end, label
