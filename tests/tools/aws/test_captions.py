"""Translators on AWS: Claude over an endpoint that is as strict as Bedrock, and Amazon Translate over its own model."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.fakes.bedrock import Bedrock, Fault
from tests.fakes.buckets import account
from tests.fakes.service import SESSION, faults
from tools.aws.captions import Captions
from tools.aws.clients import client
from tools.aws.translate import PRICE, Translate
from tools.ports import Translator
from tools.prices import dollars
from tools.schema import Said, Translated
from tools.troubles import Unwritten

pytestmark = pytest.mark.aws

HAIKU = "us.anthropic.claude-haiku-5-5"
LINES = (Said(id="C1", text="So Ada cut prices by 40 percent.", room=40), Said(id="C2", text="Nobody left.", room=17))


def line(name, text, **names):
    return {"id": name, "text": text, "names": [{"said": key, "written": value} for key, value in names.items()]}


GOOD = json.dumps({"lines": [line("C1", "Ada bajó los precios un 40 %.", Ada="Ada"), line("C2", "Nadie se fue.")]})


@pytest.fixture
def ask():
    """Calls the translator with a script; gives what it answered."""
    with account():

        def run(script, unformed=(), **more):
            with Bedrock(script, unformed=unformed) as bedrock:
                api = client("bedrock-runtime", "us-east-1", attempts=2, read=2.0, endpoint=bedrock.url)
                run.bedrock, run.made = bedrock, Captions(HAIKU, api=api)
                return run.made.translate(LINES, "en", "es", ["Ledgerleaf"], **more)

        yield run


def test_it_is_a_translator_of_every_pair():
    assert isinstance(Captions(HAIKU), Translator)
    assert Captions(HAIKU).speaks(None, "ar")


def test_every_line_goes_out_with_its_id_and_room_and_comes_back_with_its_names(ask):
    first, second = ask(lambda request, n: GOOD)
    assert first == Translated(id="C1", text="Ada bajó los precios un 40 %.", names={"Ada": "Ada"})
    assert second.id == "C2"
    text = ask.bedrock.requests[0]["messages"][0]["content"][0]["text"]
    assert "C1 (room 40) So Ada cut prices by 40 percent." in text
    assert "from English into Spanish" in text
    assert "Ledgerleaf" in text
    assert not ask.bedrock.broken


def test_the_service_holds_the_answer_to_a_closed_schema_and_takes_less_where_it_must(ask):
    ask(lambda request, n: GOOD)
    form = ask.bedrock.requests[0]["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert form["name"] == "captions"
    assert json.loads(form["schema"])["properties"]["lines"]["items"]["additionalProperties"] is False
    ask(lambda request, n: GOOD, unformed=["haiku"])
    assert "outputConfig" not in ask.bedrock.requests[0]


def test_what_was_wrong_is_told_beside_what_is_kept(ask):
    before = (Translated(id="C1", text="Ada bajó los precios."), Translated(id="C2", text="Nadie se fue."))
    ask(lambda request, n: GOOD, feedback={"C1": ["the number 40 percent is not there"]}, before=before)
    text = ask.bedrock.requests[0]["messages"][0]["content"][0]["text"]
    assert "- C1: Ada bajó los precios. — the number 40 percent is not there" in text
    assert "- C2: Nadie se fue." in text[text.index("kept as they are") :]


def test_what_is_spent_is_on_the_bill(ask):
    ask(lambda request, n: {"content": [{"text": GOOD}], "usage": {"inputTokens": 1000, "outputTokens": 200}})
    assert ask.made.spent.dollars == pytest.approx(dollars(HAIKU, 1000, 200))


@pytest.mark.parametrize(
    "bad", ["no JSON", '{"lines": [{"id": "C1"}]}', '{"lines": [], "lines": []}'], ids=["none", "half", "twice"]
)
def test_an_answer_that_cant_be_read_is_asked_for_once_more(ask, bad):
    assert len(ask(lambda request, n: bad if n == 1 else GOOD)) == 2
    with pytest.raises(Unwritten, match="twice"):
        ask(lambda request, n: bad)
    assert len(ask.bedrock.requests) == 2


def test_a_service_that_refuses_is_unwritten_without_its_words(ask):
    with pytest.raises(Unwritten, match="AccessDeniedException") as no:
        ask(lambda request, n: Fault("AccessDeniedException", 403, "role arn:aws:iam::1:role/x"))
    assert "arn" not in str(no.value)


class Service:
    """Amazon Translate as botocore's model has it: a request that departs from it is no call."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []
        self.shape = SESSION.get_service_model("translate").operation_model("TranslateText").input_shape

    def translate_text(self, **asked):
        assert list(faults(self.shape, asked)) == []
        self.asked.append(asked)
        said = self.answer(asked["Text"])
        if isinstance(said, Exception):
            raise said
        return {"TranslatedText": said, "SourceLanguageCode": "en", "TargetLanguageCode": asked["TargetLanguageCode"]}


def test_amazon_translates_all_lines_in_one_call_and_each_keeps_its_id():
    service = Service(lambda text: "\n".join(f"[{part}]" for part in text.split("\n")))
    made = Translate(api=service)
    assert isinstance(made, Translator)
    found = made.translate(LINES, "en-US", "es")
    assert [(each.id, each.text) for each in found] == [(each.id, f"[{each.text}]") for each in LINES]
    assert [each.names for each in found] == [None, None]
    (asked,) = service.asked
    assert (asked["SourceLanguageCode"], asked["TargetLanguageCode"]) == ("en", "es")
    assert made.spent.dollars == pytest.approx(PRICE * len(asked["Text"]))


def test_lines_that_do_not_come_back_as_many_are_asked_for_one_by_one():
    service = Service(lambda text: text.upper().replace("\n", " "))
    found = Translate(api=service).translate(LINES, "en", "es")
    assert [each.text for each in found] == [each.text.upper() for each in LINES]
    assert len(service.asked) == 3


def test_more_than_one_request_holds_goes_out_in_several():
    service = Service(lambda text: text)
    many = [Said(id=f"C{n}", text="語" * 500) for n in range(20)]
    assert len(Translate(api=service).translate(many, "ja", "en")) == 20
    assert len(service.asked) == 4


@pytest.mark.parametrize("code", ["UnsupportedLanguagePairException", "AccessDeniedException"])
def test_amazon_that_refuses_is_unwritten(code):
    no = ClientError({"Error": {"Code": code, "Message": "x"}}, "TranslateText")
    with pytest.raises(Unwritten, match=code):
        Translate(api=Service(lambda text: no)).translate(LINES, "en", "es")


def test_it_speaks_what_has_a_name_here():
    assert Translate().speaks("en-US", "ar")
    assert not Translate().speaks("en", "tlh")
