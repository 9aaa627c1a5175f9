"""What people reply to a picture in everyday words, and what that makes of its prompt."""

import pytest

from common.texts import catalogue, languages
from request.grammar import (
    Command,
    CommandName,
    FollowUp,
    FollowUpKind,
    ImageRequest,
    NotARequest,
    WhyNot,
    apply,
    read,
)
from request.grammar.changes import read_change
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime", "black and white"))
FOX = ImageRequest("a fox with a blue hat in the snow", negative="text", style="raw")


def replied(text):
    return read(text, NAMES, reply=True)


def changed(text):
    meant = replied(text)
    assert isinstance(meant, FollowUp), (text, meant)
    return apply(meant, FOX)


PROMPTS = {
    # something else in the place of something
    "change the hat to red": "a fox with a red hat in the snow",
    "make the hat red": "a fox with a red hat in the snow",
    "Can you make the hat dark green please?": "a fox with a dark green hat in the snow",
    "make the fox bigger": "a bigger fox with a blue hat in the snow",
    "turn the fox into a bear": "a bear with a blue hat in the snow",
    "replace the fox with a bear": "a bear with a blue hat in the snow",
    "swap the fox for wolf": "a wolf with a blue hat in the snow",
    "not a fox, a bear": "a bear with a blue hat in the snow",
    "no, not a fox but a bear": "a bear with a blue hat in the snow",
    "change the snow to rain": "a fox with a blue hat in the rain",
    "replace the hat with a crown": "a fox with a crown in the snow",
    "a crown instead of the hat": "a fox with a crown in the snow",
    "use a crown instead of the hat": "a fox with a crown in the snow",
    "swap the hat for red cap": "a fox with a red cap in the snow",
    "replace the snow with The Sea": "a fox with a blue hat in The Sea",
    "make the hat Red": "a fox with a Red hat in the snow",
    "change the hat to Red": "a fox with a Red hat in the snow",
    "make the hat bigger": "a fox with a blue bigger hat in the snow",
    # what the prompt does not name
    "change the background to a beach": f"{FOX.prompt}, a beach background",
    "change the color to blue": f"{FOX.prompt}, blue",
    "make her hair red": f"{FOX.prompt}, red hair",
    "make the picture darker": f"{FOX.prompt}, darker",
    # another prompt
    "it should be a bear": "a bear",
    "i said a bear": "a bear",
    "Sorry, I meant a bear!": "a bear",
    "actually, a bear": "a bear",
    "do another one of a horse": "a horse",
    # more in it
    "give it a scarf": f"{FOX.prompt}, a scarf",
    "put some glasses on him": f"{FOX.prompt}, some glasses",
    "wow thanks, now one with a dog": f"{FOX.prompt}, a dog",
    "thank you, can you make one for my sister with a horse?": f"{FOX.prompt}, a horse",
    "draw one in a forest": f"{FOX.prompt}, in a forest",
    "same but in a forest": f"{FOX.prompt}, in a forest",
    "now at night": f"{FOX.prompt}, at night",
    "at night": f"{FOX.prompt}, at night",
    "Nice, but at night!": f"{FOX.prompt}, at night",
    "more trees": f"{FOX.prompt}, more trees",
    "not enough trees": f"{FOX.prompt}, more trees",
    "bigger eyes please": f"{FOX.prompt}, bigger eyes",
    "it's way too dark": f"{FOX.prompt}, brighter",
    "too far away": f"{FOX.prompt}, close-up",
    "could you also make it purple?": f"{FOX.prompt}, purple",
    "bei Nacht": f"{FOX.prompt}, bei Nacht",
}


@pytest.mark.parametrize("text", PROMPTS)
def test_what_is_to_be_different_is_in_the_prompt(text):
    assert changed(text).prompt == PROMPTS[text]
    assert (changed(text).negative, changed(text).style) == ("text", "raw")


@pytest.mark.parametrize(
    ("prompt", "text", "changed_to"),
    [
        ("A Fox with a Blue Hat", "change the hat to red", "A Fox with a red hat"),
        ("a fox with hat", "replace the hat with a crown", "a fox with a crown"),
        ("a fox with hat", "make the hat red", "a fox with red hat"),
        ("the hat, a fox", "replace the hat with a crown", "a crown, a fox"),
        ("a Fox And The Trees in snow", "no trees", "a Fox in snow"),
        ("a fox with treeswings", "no trees", "a fox with treeswings"),
    ],
)
def test_a_prompt_is_changed_however_it_is_written(prompt, text, changed_to):
    assert apply(replied(text), ImageRequest(prompt)).prompt == changed_to


@pytest.mark.parametrize(
    ("text", "negative"),
    [
        ("replace the dog with a cat", "text, dog"),
        ("turn the dog into a cat", "text, dog"),
        ("too many people", "text, people"),
        ("fewer trees", "text, trees"),
        ("no people", "text, people"),
    ],
)
def test_what_is_not_to_be_there_is_in_the_negative_prompt(text, negative):
    assert changed(text).negative == negative


FOXES = {
    "de": "einen Fuchs mit einem blauen Hut",
    "es": "un zorro con un sombrero azul",
    "fr": "un renard avec un chapeau bleu",
    "ja": "青い帽子をかぶった狐",
    "pt": "uma raposa com um chapéu azul",
}
CHANGES = {
    "de": {
        "ändere den Hut in rot": "einen Fuchs mit einem Hut in rot",
        "Mach bitte den Hut rot!": "einen Fuchs mit einem Hut in rot",
        "kannst du den Hut rot machen?": "einen Fuchs mit einem Hut in rot",
        "mach den Schal grün": f"{FOXES['de']}, Schal in grün",
        "ersetze den Hut durch eine Krone": "einen Fuchs mit eine Krone",
        "mach aus dem Fuchs einen Bären": "einen Bären mit einem blauen Hut",
        "nein, kein Fuchs, sondern ein Bär": "ein Bär mit einem blauen Hut",
        "kein Fuchs, ein Bär": "ein Bär mit einem blauen Hut",
        "ändere den Hintergrund in einen Strand": f"{FOXES['de']}, einen Strand als Hintergrund",
        "mach den Fuchs größer": f"{FOXES['de']}, Fuchs größer",
    },
    "es": {
        "¿puedes cambiar el sombrero a rojo?": "un zorro con un sombrero rojo",
        "pinta el sombrero de rojo": "un zorro con un sombrero rojo",
        "cambia el sombrero por una corona": "un zorro con una corona",
        "no un zorro, un oso": "un oso con un sombrero azul",
        "no un zorro sino un oso": "un oso con un sombrero azul",
        "cambia el fondo por una playa": f"{FOXES['es']}, una playa de fondo",
    },
    "fr": {
        "mets le chapeau en rouge stp": "un renard avec un chapeau rouge",
        "rends le chapeau rouge": "un renard avec un chapeau rouge",
        "tu peux remplacer le chapeau par une couronne ?": "un renard avec une couronne",
        "change l'ours en loup": f"{FOXES['fr']}, loup",
        "non, pas un renard mais un ours": "un ours avec un chapeau bleu",
        "pas un renard, un ours": "un ours avec un chapeau bleu",
    },
    "ja": {
        "帽子を赤くして": "赤い帽子をかぶった狐",
        "帽子を王冠に変えてください": "青い王冠をかぶった狐",
        "いや、狐じゃなくて熊": "青い帽子をかぶった熊",
        "背景を海にして": f"{FOXES['ja']}, 背景は海",
    },
    "pt": {
        "deixa o chapéu vermelho": "uma raposa com um chapéu vermelho",
        "troca o chapéu por uma coroa": "uma raposa com uma coroa",
        "pode trocar a raposa por um urso?": "um urso com um chapéu azul",
        "não uma raposa, e sim um urso": "um urso com um chapéu azul",
    },
}


@pytest.mark.parametrize(
    ("language", "text"), [(one, text) for one in CHANGES for text in CHANGES[one]]
)
def test_a_change_is_said_in_the_language_of_the_prompt(language, text):
    meant = replied(text)
    assert apply(meant, ImageRequest(FOXES[language])).prompt == CHANGES[language][text]


FILLED = {
    "de": ("dem Bus", "eine Axt", "rot"),
    "en": ("the bus", "an axe", "red"),
    "es": ("el bus", "una hacha", "rojo"),
    "fr": ("le bus", "une hache", "rouge"),
    "ja": ("馬", "車", "赤"),
    "pt": ("o bonde", "uma pera", "roxo"),
}


@pytest.mark.parametrize("language", languages())
def test_every_change_of_the_catalogue_is_read(language):
    for phrase in filter(None, catalogue(language).get("grammar.changes", "").split("|")):
        said, result = (part.strip() for part in phrase.split("="))
        old, new, colour = FILLED[language]
        bare_old, bare_new = old.split()[-1], new.split()[-1]
        said = said.format(
            old=old, a_old=old, new=bare_new, a_new=new, thing=bare_new, colour=colour
        )
        stands = new if new in said and "{thing}" not in result else bare_new
        wanted = result.format(old=bare_old, new=stands, thing=bare_new, colour=colour)
        assert read_change(said) is not None, said
        assert (said, read_change(said).new) == (said, wanted)


@pytest.mark.parametrize(
    ("prompt", "text", "changed_to", "negative"),
    [
        ("ein Fuchs", "ersetze den Hund durch eine Katze", "ein Fuchs, eine Katze", "Hund"),
        ("ein Fuchs", "mach den Hut rot", "ein Fuchs, Hut in rot", ""),
        ("ein Fuchs", "ändere die Farbe in blau", "ein Fuchs, blau", ""),
        ("ein Fuchs mit einem Hut", "mach seinen Hut rot", "ein Fuchs mit einem Hut in rot", ""),
        ("un renard, un arbre", "remplace l’arbre par une maison", "un renard, une maison", ""),
        ("un renard", "remplace l'arbre par une maison", "un renard, une maison", "arbre"),
        ("a fox in a blue hat", "replace the hat with A Crown", "a fox in A Crown", ""),
    ],
)
def test_what_a_prompt_does_not_name_is_added_and_what_gives_way_kept_out(
    prompt, text, changed_to, negative
):
    image = apply(replied(text), ImageRequest(prompt))
    assert (image.prompt, image.negative) == (changed_to, negative)


def test_a_style_may_be_what_is_changed():
    assert changed("ändere den Stil in Anime").style == "anime"
    assert changed("change le style en anime").prompt == FOX.prompt


@pytest.mark.parametrize("text", ["fix the face", "the eyes look weird", "fix her eyes!"])
def test_faces_are_repaired(text):
    image = changed(text)
    assert (image.prompt, image.fix_faces) == (FOX.prompt, True)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("flip it", "flip"),
        ("can you mirror the image horizontally?", "flip"),
        ("crop it", "flip"),
        ("fix the hands", "hands"),
        ("it has six fingers", "hands"),
        ("are you a bot?", "bot"),
        ("can I use this commercially?", "rights"),
        ("how do I turn this off?", "off"),
    ],
)
def test_what_is_done_otherwise_is_explained(text, word):
    assert replied(text) == Command(CommandName.HELP, word, asked=True)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("2", 2), ("#2", 2), ("number 2", 2), ("2 please", 2), ("the second one", 2), ("2nd", 2)),
        *(("I like the third one best", 3), ("die zweite", 2), ("la primera", 1), ("12", 12)),
        *(("3.", 3), ("4th", 4), ("the 3rd picture", 3), ("Bild 2.", 2)),
    ],
)
def test_a_picture_that_is_picked_out(text, number):
    assert replied(text) == NotARequest(WhyNot.CHOICE, str(number))


@pytest.mark.parametrize("text", ["something else", "surprise me", "try something different"])
def test_something_else_is_another_try(text):
    assert replied(text) == FollowUp(FollowUpKind.AGAIN)


def test_a_style_may_be_named_with_the_word_before_it():
    assert replied("in black and white").style == "black and white"


@pytest.mark.parametrize(
    "text",
    [
        *("lol", "nice one", "I like it", "wow", "the best", "0", "21", "no way", "no thanks"),
        *("give it a try", "one of the best", "more of this", "more like it", "too funny"),
        *("not bad", "actually yes", "I said so", "same here", "change it", "the one and only"),
        *("put it down", "one with nature", "more please!!! " * 10),
        *("Keine Ahnung, das Bild ist komisch", "kein Problem, der Bot ist toll", "ändere das"),
        *("pas la peine, le bot est nul", "pas mal, le dessin", "no sé, el bot está loco"),
        *("冗談じゃなくて本当に好き", "それを見て"),
    ],
)
def test_what_people_say_to_each_other_is_left_alone(text):
    assert replied(text) == NotARequest(WhyNot.TALK)


def test_without_a_picture_to_reply_to_they_are_no_follow_ups():
    for text in ("2", "flip it", "at night", "not a fox, a bear"):
        assert isinstance(read(text, NAMES), NotARequest)
