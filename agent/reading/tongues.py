"""Numbers and the commonest words of a wish in eight languages, each as the English that the grammar is written in.

A closed table: 0 to 199 as they are said, and some sixty words a language; a length or an order needs no more.
"""

from __future__ import annotations

from functools import lru_cache

from tools.words.numerals import in_words

Phrase = tuple[str, ...]


def word_set(said: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(said.split())


_SAID: dict[str, tuple[str, str]] = {
    # language: 0 to 20 or 16, 19, and the tens from twenty on
    "de": (
        "null ein|eins|eine|einen|einer zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
        "zwanzig dreißig|dreissig vierzig fünfzig sechzig siebzig achtzig neunzig",
    ),
    "es": (
        "cero uno|un|una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis|dieciseis diecisiete dieciocho diecinueve veinte veintiuno|veintiún veintidós|veintidos veintitrés|veintitres veinticuatro veinticinco veintiséis|veintiseis veintisiete veintiocho veintinueve",
        "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    ),
    "fr": (
        "zéro un|une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
        "vingt trente quarante cinquante soixante",
    ),
    "pt": (
        "zero um|uma dois|duas três|tres quatro cinco seis sete oito nove dez onze doze treze quatorze|catorze quinze dezesseis|dezasseis dezessete|dezassete dezoito dezenove|dezanove",
        "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    ),
    "it": (
        "zero uno|un|una|un' due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove",
        "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    ),
    "nl": (
        "nul een|één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien",
        "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
    ),
    "sv": (
        "noll en|ett två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton sexton sjutton arton nitton",
        "tjugo trettio fyrtio femtio sextio sjuttio åttio nittio",
    ),
}
_JOINT = {"es": "y", "pt": "e"}


@lru_cache(maxsize=8)
def numerals(language: str) -> dict[Phrase, int]:
    """Every way to say 0 to 199, as words in lower case."""
    if language == "en":
        found = {tuple(in_words(n)): n for n in range(1000)}
        found |= {("a", *words[1:]): n for words, n in found.items() if words[0] == "one" and len(words) > 1}
        found |= {
            (*words[:at], "and", *words[at:]): n
            for words, n in list(found.items())
            if "hundred" in words and words[-1] != "hundred"
            for at in [words.index("hundred") + 1]
        }
        return found | {("a", "dozen"): 12, ("dozen",): 12, ("twelve",): 12}
    low, ties = _SAID[language]
    found = {(word,): n for n, words in enumerate(low.split()) for word in words.split("|")}
    ones = {n: words.split("|") for n, words in enumerate(low.split()) if 0 < n < 20}
    for place, words in enumerate(ties.split(), 2):
        for tie in words.split("|"):
            found[(tie,)] = 10 * place
            for n in range(1, 20 if language == "fr" else 10):
                for one in ones.get(n, ()):
                    found |= dict.fromkeys(_joined(language, tie, one, n), 10 * place + n)
    if language == "fr":
        found |= _french()
    hundred = {
        "de": "hundert",
        "es": "ciento",
        "fr": "cent",
        "pt": "cento",
        "it": "cento",
        "nl": "honderd",
        "sv": "hundra",
    }[language]
    more = {(hundred, *words): 100 + n for words, n in found.items() if n}
    more |= {(hundred + words[0],): 100 + n for words, n in found.items() if n and len(words) == 1}
    tens = (
        "vent trent quarant cinquant sessant settant ottant novant"
        if language == "it"
        else "vingt trent quarant cinquant soixant"
    )
    about = {"it": "ina", "fr": "aine"}.get(language)
    found |= {(tie + about,): 10 * n for n, tie in enumerate(tens.split(), 2)} if about else {}
    bare = {"es": "cien", "pt": "cem", "de": "einhundert"}.get(language, hundred)
    halves = {"de": {("anderthalb",): 1.5, ("eineinhalb",): 1.5}}
    found |= halves.get(language, {})  # type: ignore[arg-type]
    return found | more | {(bare,): 100, (hundred,): 100}


def _joined(language: str, tie: str, one: str, n: int) -> list[Phrase]:
    if language == "de":
        return [(f"{one}und{tie}",)] if n < 10 and one in ("ein", "zwei") or n in range(3, 10) else []
    if language == "nl":
        return [(f"{one}{'ë' if one.endswith('e') else 'e'}n{tie}",)]
    if language == "sv":
        return [(tie + one,)]
    if language in _JOINT:
        return [(tie, _JOINT[language], one)]
    if language == "it":
        stem = tie[:-1] if one[0] in "uo" else tie
        return [(stem + one,), (stem + one.replace("tre", "tré"),)]
    return [(tie, one), (tie, "et", one)] if n < 17 else []


def _french() -> dict[Phrase, int]:
    units = " un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
    teens = {n: (word,) for n, word in enumerate(units.split(), 1)} | {
        n: ("dix", units.split()[n - 11]) for n in (17, 18, 19)
    }
    found: dict[Phrase, int] = {teens[n]: n for n in (17, 18, 19)}
    found |= {("soixante", *words): 60 + n for n, words in teens.items()} | {("soixante", "et", "onze"): 71}
    found |= {("quatre", "vingts"): 80, ("quatre", "vingt"): 80}
    return found | {("quatre", "vingt", *words): 80 + n for n, words in teens.items()}


_WORDS: dict[str, dict[str, str]] = {
    "de": {
        "to": "bis",
        "from": "ab",
        "make": "mach|mache|machen|erstell|erstelle|erstellen|schneide|schneid|schneiden|bau|produziere|gib|brauche|möchte|will|hätte|bitte|kürze auf",
        "a": "ein|eine|einen|einer|eines|einem",
        "the": "der|die|das|den|dem|des",
        "seconds": "sekunden|sekunde|sek|sekündiges|sekündiger|sekündigen",
        "minutes": "minuten|minute|minütiges|minütiger|minütigen",
        "video": "film|filmchen|kurzvideo|kurzvideos|kurzclip|kurzclips|videoclip|kurzfilm|trailer|zusammenschnitt|ausschnitt|filme|stück",
        "versions": "versionen|fassungen|varianten",
        "about": "über|zum thema|zu|thema|ueber",
        "for": "für|fuer",
        "not about": "nicht über|nichts über",
        "not": "nicht",
        "without": "ohne",
        "no": "kein|keine|keinen",
        "with": "mit",
        "and": "und|sowie",
        "or": "oder",
        "but": "aber",
        "captions": "untertitel|untertiteln|untertitelung",
        "vertical": "hochkant|hochformat|vertikal|vertikales|vertikale",
        "square": "quadratisch|quadratisches|quadratische",
        "horizontal": "querformat|breitbild",
        "bold": "fett|fette|fetten",
        "short": "kurzer|kurzes|kurz|kurzen|kurze",
        "shorter": "kürzer|kuerzer",
        "longer": "länger|laenger",
        "in": "auf|im|in",
        "of": "von|vom|aus",
        "around": "etwa|ungefähr|ca|circa|rund",
        "at most": "höchstens|maximal|hoechstens|unter|weniger als|max",
        "at least": "mindestens",
        "first": "erste|ersten|erster|erstes",
        "second": "zweite|zweiten|zweiter",
        "third": "dritte|dritten",
        "last": "letzte|letzten|letzter|letztes",
        "clip": "clip|szene|teil",
        "drop": "lösche|entferne|streiche|nimm|weg",
        "leave out": "lass weg|weglassen|lasse weg",
        "start with": "beginne mit|beginn mit|starte mit|anfangen mit|beginnend mit",
        "end with": "ende mit|beende mit|schluss mit",
        "half a": "halbe|halben|eine halbe",
        "please": "bitte",
        "undo": "rückgängig",
        "it": "es",
        "make it": "mach es|mach das",
        "long": "lang|langes|langen|lange",
        "german": "deutsch|deutschen|deutsche",
        "english": "englisch|englischen|englische",
        "spanish": "spanisch",
        "french": "französisch|französischen",
        "pauses": "pausen|stille|füllwörter|ähs",
        "only": "nur",
        "music": "musik",
        "don't mention": "nicht erwähnen|ohne erwähnung von",
        "clips": "clips|ausschnitte|szenen|schnipsel",
        "moments": "momente|höhepunkte|hoehepunkte|stellen",
        "best": "beste|besten|bester|bestes|spannendsten",
        "as": "als",
        "between": "zwischen",
        "topic": "thema",
        "we need": "wir brauchen|wir bräuchten",
        "one": "einmal",
        "white": "weiß|weiss|weiße|weiße",
        "yellow": "gelb|gelbe",
        "blue": "blau|blauem|blaue",
        "red": "rot|rote",
        "black": "schwarz|schwarze",
        "font": "schrift|schriftart",
        "readable": "lesbar",
        "sound": "ton",
        "effects": "effekte",
        "nothing from": "nichts aus",
        "recap": "kurzfassung",
        "thanks": "vielen dank|danke",
        "conversation": "gespräch",
        "i would like": "hätte ich gern|hätte gern|hätten wir gern",
        "each": "je|jeweils",
    },
    "es": {
        "to": "hasta|a|al",
        "from": "desde",
        "make": "haz|hazme|hacer|crea|crear|genera|corta|prepara|dame|quiero|necesito|quisiera",
        "a": "un|una|unos|unas",
        "the": "el|la|los|las|lo",
        "seconds": "segundos|segundo|seg",
        "minutes": "minutos|minuto",
        "video": "vídeo|video|vídeos|videos|promoción|tráiler|resumen",
        "promo": "promo|promos|tráiler|trailer",
        "versions": "versiones",
        "about": "sobre|acerca de|de tema",
        "for": "para",
        "not about": "no sobre|nada sobre",
        "no": "no|ningún|ninguna",
        "don't mention": "sin hablar de|no hablar de|no hables de|no menciones|no mencionar|sin mencionar",
        "without": "sin|quitando|excepto|salvo",
        "with": "con",
        "and": "y|e",
        "or": "o|u",
        "but": "pero",
        "captions": "subtítulos|subtitulos|subtítulo",
        "square": "cuadrado",
        "bold": "negrita",
        "short": "corto|corta|breve",
        "shorter": "más corto|mas corto|más corta|más breve",
        "longer": "más largo|mas largo|más larga",
        "in": "en",
        "of": "de|del",
        "around": "unos|unas|aproximadamente|alrededor de",
        "at most": "máximo|como máximo|menos de|max|máx",
        "at least": "al menos|mínimo",
        "first": "primer|primero|primera|primeros",
        "second": "segunda",
        "last": "último|última|últimos|ultimo|ultima",
        "clip": "clip|parte|fragmento|escena",
        "drop": "quita|elimina|borra|saca|quitar|eliminar",
        "start with": "empieza con|comienza con|empezar con|que empiece con|empezando con|que empiece por|empezando por|empieza por",
        "end with": "termina con|acaba con|que termine con|terminando con|que acabe con",
        "half a": "medio|media",
        "please": "por favor|porfa",
        "undo": "deshacer|deshaz",
        "make it": "hazlo|hazla",
        "spanish": "español|espanol",
        "english": "inglés|ingles",
        "pauses": "pausas|silencios|muletillas|los pauses",
        "only": "solo|sólo|solamente",
        "music": "música|musica",
        "french": "francés",
        "german": "alemán",
        "clips": "clips|fragmentos|extractos|escenas|cortes",
        "moments": "momentos|partes",
        "best": "mejores|mejor",
        "as": "como",
        "and a half": "y medio|y media",
        "vertical": "verticales",
        "horizontal": "horizontales",
        "between": "entre",
        "nothing about": "nada de la parte de|nada de la parte del|nada de|nada del|menos la parte de",
        "white": "blanco|blancos|blancas",
        "yellow": "amarillo|amarillos|amarillas",
        "red": "rojo|rojos",
        "black": "negro|negros",
        "font": "letra|letras",
        "word by word": "palabra por palabra|palabra a palabra",
        "another": "otro|otra",
        "recap": "resúmeme",
        "stream": "directo",
    },
    "fr": {
        "to": "à|jusqu'à",
        "from": "depuis",
        "make": "fais|faire|faites|crée|créer|créez|génère|monte|coupe|donne|prépare|veux|voudrais|aimerais|besoin",
        "me": "moi",
        "a": "un|une",
        "the": "le|la|les|l'",
        "seconds": "secondes|seconde",
        "minutes": "minutes|minute",
        "video": "vidéo|vidéos|extrait|bande annonce|montage|capsule|pastille",
        "versions": "versions",
        "about": "sur|à propos de|au sujet de|concernant",
        "for": "pour",
        "not about": "pas sur",
        "without": "sans",
        "no": "pas de|aucun|aucune|ni",
        "not": "pas",
        "don't mention": "ne pas citer|ne pas parler de|ne pas mentionner|ne parle pas de|ne mentionne pas|sans parler de|sans mentionner",
        "with": "avec",
        "and": "et",
        "or": "ou",
        "but": "mais",
        "captions": "sous titres|sous titre|soustitres",
        "vertical": "verticale|verticales",
        "square": "carré|carrée",
        "bold": "gras|grasse",
        "short": "courte|court|brève",
        "shorter": "plus court|plus courte",
        "longer": "plus long|plus longue",
        "in": "en|dans|au",
        "of": "de|du|des|d'",
        "around": "environ|à peu près",
        "at most": "maxi|max|maximum|au maximum|au plus|moins de",
        "at least": "au moins|minimum",
        "first": "premier|première|premières|premiers",
        "second": "deuxième|second",
        "last": "dernier|dernière|dernières|derniers",
        "clip": "clip|extrait|passage|partie",
        "drop": "enlève|supprime|retire|enlever|supprimer",
        "start with": "commence par|commence avec|commencer par|commençant par|en commençant par|débutant par|commencez par",
        "end with": "termine par|finis par|termine avec|finissant par|terminant par|terminez par",
        "half a": "demi|demie|une demi",
        "please": "s'il te plaît|s'il vous plaît|svp|stp",
        "undo": "annule|annuler",
        "i": "je|j'",
        "french": "français",
        "english": "anglais",
        "pauses": "pauses|silences",
        "only": "seulement|uniquement|juste",
        "music": "musique",
        "german": "allemand",
        "spanish": "espagnol",
        "exactly": "pile|exactement",
        "clips": "clips|extraits|passages|capsules|pastilles",
        "moments": "moments",
        "best": "meilleurs|meilleures|meilleur|meilleure",
        "as": "comme|en tant que",
        "and a half": "et demie|et demi",
        "horizontal": "horizontale|horizontales",
        "format": "format",
        "between": "entre",
        "we": "on|nous",
        "we need": "il nous faut|il nous faudrait|il me faut|il me faudrait|nous avons besoin de",
        "want": "voudrait|voudrions|veut",
        "topic": "sujet|thème",
        "length": "durée",
        "white": "blanc|blancs|blanches|blanche",
        "the pauses": "les blancs|les silences",
        "black": "noir|noirs|noire",
        "yellow": "jaune|jaunes",
        "background": "fond",
        "panel": "table ronde",
        "keep": "garde|gardez|garder|gardant",
        "thanks": "merci",
        "bottom": "bas",
        "top": "haut",
        "of the image": "de l' image",
        "something": "truc",
        "remove": "coupez",
    },
    "pt": {
        "to": "ao|até|à",
        "from": "desde",
        "make": "faça|faz|fazer|cria|crie|criar|gera|gere|corta|corte|prepara|quero|preciso|gostaria",
        "a": "um|uma",
        "the": "o|a|os|as",
        "seconds": "segundos|segundo|seg|segs",
        "minutes": "minutos|minuto|minutinho",
        "video": "vídeo|video|vídeos|trecho|resumo",
        "versions": "versões",
        "about": "sobre|a respeito de|tema",
        "for": "para o|para a|para|pro|pra",
        "not about": "não sobre|nada sobre",
        "don't mention": "não mencione|sem mencionar|não fale de|não fale sobre",
        "no": "não|nenhum|nenhuma",
        "without": "sem|tirando|menos|exceto",
        "with": "com",
        "and": "e",
        "or": "ou",
        "but": "mas",
        "captions": "legendas|legenda",
        "square": "quadrado",
        "bold": "negrito",
        "short": "curto|curta|breve|curtinho|curtinha",
        "shorter": "mais curto|mais curta",
        "longer": "mais longo|mais longa",
        "in": "em|no|na",
        "of": "de|do|da|dos|das",
        "around": "cerca de|aproximadamente|uns",
        "at most": "no máximo|máximo|menos de|max|máx|não passa de|só não passa de|que não passe de",
        "at least": "pelo menos|no mínimo",
        "first": "primeiro|primeira|primeiros",
        "second": "segunda",
        "last": "último|última|últimos",
        "clip": "clipe|clip|parte|trecho",
        "drop": "remova|tire|apague|elimine|tira|remove",
        "start with": "comece com|começa com|começar com|começa por|começando com|comece por",
        "end with": "termine com|termina com",
        "half a": "meio|meia",
        "please": "por favor|pf|pfv|pfvr",
        "undo": "desfazer|desfaça",
        "portuguese": "português|portugues",
        "english": "inglês",
        "pauses": "pausas|silêncios",
        "only": "só|somente|apenas",
        "music": "música",
        "spanish": "espanhol",
        "clips": "clipes|clips|cortes|trechos",
        "moments": "momentos",
        "best": "melhores|melhor",
        "as": "como",
        "and a half": "e meio|e meia",
        "vertical": "verticais",
        "horizontal": "horizontais",
        "between": "entre",
        "recap": "resumão",
        "for the": "pros|pras",
        "white": "branco|brancas|branca",
        "yellow": "amarelo|amarela",
        "black": "preto|preta",
        "want": "quero|queria",
        "topic": "tema",
        "each": "cada",
    },
    "it": {
        "to": "al|fino a|a|alle",
        "from": "dal|dalle",
        "make": "fai|fammi|fare|crea|creare|genera|taglia|prepara|dammi|voglio|vorrei",
        "a": "un|uno|una|un'",
        "the": "il|lo|la|i|gli|le|l'",
        "seconds": "secondi|secondo",
        "minutes": "minuti|minuto",
        "video": "video|filmato|clip|spezzone|riassunto",
        "versions": "versioni",
        "about": "su|sul|sulla|sui|sulle|sugli|riguardo a|a proposito di",
        "for": "per",
        "not about": "non su|non sul|niente su",
        "don't mention": "non menzionare|senza menzionare|non parlare di",
        "no": "non|nessun|nessuna",
        "without": "senza",
        "with": "con",
        "and": "e|ed",
        "or": "o",
        "but": "ma",
        "captions": "sottotitoli|sottotitolo",
        "vertical": "verticale|verticali",
        "square": "quadrato|quadrata",
        "horizontal": "orizzontale",
        "bold": "grassetto",
        "short": "breve|corto|corta",
        "shorter": "più corto|più breve|più corta",
        "longer": "più lungo|più lunga",
        "in": "in",
        "of": "di|del|della|dei|delle|da",
        "around": "circa|all'incirca",
        "at most": "massimo|al massimo|meno di|max",
        "at least": "almeno|minimo",
        "first": "primo|prima|primi",
        "second": "seconda",
        "last": "ultimo|ultima|ultimi",
        "clip": "clip|parte|scena",
        "drop": "togli|elimina|rimuovi|cancella",
        "start with": "inizia con|comincia con|iniziare con|che inizi con|iniziando con|partendo da",
        "end with": "finisci con|termina con|che finisca con|finendo con",
        "half a": "mezzo|mezza",
        "please": "per favore|per piacere",
        "undo": "annulla",
        "italian": "italiano",
        "english": "inglese",
        "pauses": "pause|silenzi",
        "only": "solo|soltanto",
        "music": "musica",
        "german": "tedesco",
        "spanish": "spagnolo",
        "french": "francese",
        "clips": "spezzoni|estratti|clips",
        "moments": "momenti",
        "best": "migliori|migliore",
        "as": "come",
        "and a half": "e mezzo|e mezza",
        "between": "tra|fra",
        "white": "bianco|bianchi|bianca",
        "yellow": "giallo|gialli",
        "black": "nero|neri",
        "gold": "oro|dorate",
        "font": "scritte|scritta",
        "we need": "ci serve|ci servono|mi serve|mi servono|abbiamo bisogno di",
        "keep": "tieni|tenete",
        "thin": "sottili|sottile",
        "elegant": "eleganti",
        "bottom": "in fondo|in basso",
        "each": "ciascuno|ognuno",
        "topic": "tema|argomento",
    },
    "nl": {
        "to": "tot|naar",
        "from": "vanaf|uit het deel|uit het stuk",
        "between": "tussen",
        "make": "maak|maken|knip|wil|willen|graag|geef|zou graag",
        "a": "een",
        "the": "het|de",
        "seconds": "seconden|seconde|sec",
        "minutes": "minuten|minuut",
        "half a": "halve|een halve",
        "video": "filmpje|filmpjes|fragment|samenvatting|filmpje|stuk",
        "versions": "versies|varianten",
        "about": "over",
        "for": "voor",
        "not about": "niet over|niets over",
        "not the part about": "niet het stuk over|niet het deel over",
        "not": "niet",
        "without": "zonder",
        "no": "geen",
        "with": "met|mét",
        "and": "en",
        "or": "of",
        "but": "maar",
        "captions": "ondertitels|ondertiteling|ondertiteld",
        "vertical": "staand|verticaal|staande",
        "square": "vierkant|vierkante",
        "horizontal": "liggend|liggende|breedbeeld",
        "in": "op|in",
        "of": "van",
        "around": "ongeveer|circa|rond",
        "at most": "maximaal|hooguit|hoogstens|max",
        "at least": "minstens|minimaal",
        "first": "eerste",
        "second": "tweede",
        "third": "derde",
        "last": "laatste",
        "start with": "begin met|beginnen met|start met",
        "end with": "eindig met|eindigen met",
        "please": "alsjeblieft|alstublieft|aub",
        "only": "alleen|enkel",
        "sound": "geluid",
        "music": "muziek",
        "pauses": "pauzes|stiltes",
        "moments": "momenten",
        "best": "beste",
        "short": "kort|korte",
        "shorter": "korter",
        "longer": "langer",
        "drop": "verwijder",
    },
    "sv": {
        "to": "till",
        "from": "från",
        "between": "mellan",
        "make": "gör|göra|skapa|klipp ihop|vill ha|behöver",
        "a": "en|ett",
        "the": "den|det|de",
        "seconds": "sekunder|sekund|sek",
        "minutes": "minuter|minut",
        "half a": "halv|en halv",
        "video": "videor|filmen",
        "clips": "klipp",
        "versions": "versioner",
        "about": "om",
        "for": "för",
        "not about": "inte om|inget om",
        "not": "inte",
        "without": "utan",
        "no": "inga|ingen|inget",
        "with": "med",
        "and": "och",
        "or": "eller",
        "but": "men",
        "captions": "undertexter|textat|textad|undertext",
        "vertical": "vertikal|vertikalt|stående",
        "square": "kvadratiskt|kvadratisk",
        "horizontal": "liggande|bredbild",
        "in": "på|i",
        "around": "ungefär|cirka",
        "at most": "högst|max|som mest",
        "at least": "minst",
        "each": "vardera",
        "first": "första",
        "second": "andra",
        "third": "tredje",
        "last": "sista",
        "start with": "börja med",
        "end with": "sluta med|avsluta med",
        "cut to": "korta till|korta ner till",
        "please": "tack",
        "only": "bara|endast",
        "music": "musik",
        "pauses": "pauser|tystnader",
        "moments": "ögonblick",
        "best": "bästa",
        "short": "kort|korta",
        "shorter": "kortare",
        "longer": "längre",
        "drop": "ta bort",
        "don't cut": "klipp inte bort|klipp inte",
        "one about": "ett om|en om",
        "white": "vit|vita|vitt",
        "black": "svart|svarta",
        "big": "stor|stora|stort",
        "swedish": "svenska",
        "edge": "kant",
    },
}


@lru_cache(maxsize=8)
def units(language: str) -> dict[str, str]:
    """The words for seconds and minutes in a language and in English, each with the grammar's own."""
    own = {phrase[0]: english for phrase, english in words(language).items() if english in ("seconds", "minutes")}
    return {"second": "seconds", "seconds": "seconds", "minute": "minutes", "minutes": "minutes"} | own


_SHARED = word_set("a e o i in me la no do as is to on die am per un via ma con son use sur fin six if for the")
"""Words that say nothing of the language that they are in."""


_LANGUAGES = [
    "english",
    "german",
    "french",
    "spanish",
    "italian",
    "portuguese",
    "dutch",
    "japanese",
    "chinese",
    "korean",
    "arabic",
    "russian",
    "polish",
    "turkish",
]
_CALLED = {
    "de": "englisch deutsch französisch spanisch italienisch portugiesisch niederländisch japanisch chinesisch koreanisch arabisch russisch polnisch türkisch",
    "es": "inglés|ingleses alemán|alemanes francés|franceses español|españoles|espanol italiano|italianos portugués|portugueses neerlandés japonés|japoneses chino|chinos coreano|coreanos árabe|árabes|arabe ruso|rusos polaco|polacos turco|turcos",
    "fr": "anglais allemand|allemands français|francais espagnol|espagnols italien|italiens portugais néerlandais japonais chinois coréen|coréens arabe|arabes russe|russes polonais turc|turcs",
    "pt": "inglês|ingles alemão|alemao francês|frances espanhol italiano português|portugues holandês japonês|japones chinês|chines coreano árabe|arabe russo polonês|polaco turco",
    "nl": "engels|engelse duits|duitse frans|franse spaans|spaanse italiaans|italiaanse portugees|portugese nederlands|nederlandse japans|japanse chinees|chinese koreaans|koreaanse arabisch|arabische russisch|russische pools|poolse turks|turkse",
    "sv": "engelska tyska franska spanska italienska portugisiska nederländska japanska kinesiska koreanska arabiska ryska polska turkiska",
    "it": "inglese|inglesi tedesco|tedeschi francese|francesi spagnolo|spagnoli italiano|italiani portoghese|portoghesi olandese giapponese|giapponesi cinese|cinesi coreano|coreani arabo|arabi russo|russi polacco|polacchi turco|turchi",
}
"""What languages are called in each, in the order of ``_LANGUAGES``."""


def _called(language: str) -> dict[Phrase, str]:
    ends = ("", "e", "en", "er", "es") if language == "de" else ("",)
    many = _CALLED.get(language, "").split()
    return {
        (own + end,): english
        for english, owns in zip(_LANGUAGES, many, strict=False)
        for own in owns.split("|")
        for end in ends
    }


@lru_cache(maxsize=8)
def words(language: str) -> dict[Phrase, str]:
    """The words of a language and what they are in English."""
    return _called(language) | {
        tuple(each.split()): english for english, many in _WORDS.get(language, {}).items() for each in many.split("|")
    }


def spoken_in(said: list[str], english: frozenset[str]) -> str:
    """The language that most of the known words are of; English unless another has more."""
    telling = [word for word in said if word not in _SHARED]
    best, most = "en", 0
    for language in _WORDS:
        known = {phrase[0] for phrase in words(language)} | {p[0] for p in numerals(language)}
        own = sum(word in english and word not in known for word in telling)
        count = sum(word in known and word not in english for word in telling)
        if count > max(own, most) or (count and count >= own and not own and not most):
            best, most = language, count
    return best
