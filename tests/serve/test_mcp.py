"""Tools, resources and prompts, as an agent gets them over HTTP from a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("mcp", reason="needs mcp: pip install 'kgmed[mcp]'")

import jsonschema
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from mcp_serving import CALLS, http, inside, text_of, using

from kgmed.facade import Graph
from kgmed.serve.limits import Limits
from kgmed.serve.mcp.calls import MOST, MOST_TEXT
from kgmed.serve.mcp.prompts import prompts
from kgmed.serve.mcp.tools import BY_NAME, TOOLS
from kgmed.serve.service import Service
from kgmed.wire import adapter

WITHOUT_DIFF = [tool.name for tool in TOOLS if not tool.needs_diff]


@pytest.fixture(scope="module")
def url(graph: Graph) -> Iterator[str]:
    """A server of the open graph, which ``graph`` has built."""
    with http() as found:
        yield found


def called(url: str, name: str, given: dict[str, Any]) -> Any:
    return using(Client(url), lambda client: client.call_tool(name, given))


def test_tools_are_listed_with_schemas_and_as_reading_only(url: str) -> None:
    tools = using(Client(url), lambda client: client.list_tools()).tools
    assert [tool.name for tool in tools] == WITHOUT_DIFF
    assert len(tools) >= 12
    for tool in tools:
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)
        assert tool.input_schema["type"] == tool.output_schema["type"] == "object"
        assert "$ref" not in json.dumps(tool.input_schema)
        assert tool.annotations.read_only_hint
        assert not tool.annotations.destructive_hint
        assert not tool.annotations.open_world_hint
        assert 60 < len(tool.description) < 320
        properties = tool.input_schema["properties"]
        assert all("description" in of for name, of in properties.items()
                   if name not in {"limit", "lang"}), tool.name  # fmt: skip


def test_the_list_costs_an_agent_few_tokens(url: str) -> None:
    tools = using(Client(url), lambda client: client.list_tools()).tools
    shown = [[tool.name, tool.description, tool.input_schema] for tool in tools]
    assert len(json.dumps(shown)) < 12_000


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_old_and_new_clients_are_answered(url: str, mode: str) -> None:
    found = using(Client(url, mode=mode), lambda client: client.call_tool("ask", CALLS["ask"]))
    assert "26 Critical" in text_of(found)


@pytest.mark.parametrize("name", [name for name in WITHOUT_DIFF if name != "export_sample"])
def test_what_a_tool_answers_is_its_wire_shape(url: str, name: str) -> None:
    async def work(client: Client) -> Any:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        return tools[name].output_schema, await client.call_tool(name, CALLS[name])

    check(name, *using(Client(url), work))


def check(name: str, schema: dict[str, Any], found: Any) -> None:
    assert not found.is_error, text_of(found)
    jsonschema.validate(found.structured_content, schema)
    read = adapter(BY_NAME[name].shape).validate_python(found.structured_content)
    assert read.schema == found.structured_content["schema"] == BY_NAME[name].shape
    assert 0 < len(text_of(found)) <= MOST_TEXT
    assert len(json.dumps(found.structured_content, ensure_ascii=False)) <= MOST


def test_a_sample_of_a_dataset_is_its_wire_shape(graph: Graph) -> None:
    async def work(client: Client) -> Any:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        return tools["export_sample"].output_schema, await client.call_tool(
            "export_sample", CALLS["export_sample"]
        )

    limits = Limits(sample_timeout_s=600)  # a busy machine takes its time
    schema, found = using(inside(limits=limits), work)
    check("export_sample", schema, found)
    assert len(found.structured_content["rows"]) == 2
    assert "user: " in text_of(found)


def test_empty_fields_that_are_left_out_come_back_where_the_shape_is_read(
    url: str, graph: Graph
) -> None:
    service = Service(graph)
    for name, want in (
        ("concept", service.concept("DB00682")),
        ("statements", service.statements("DB00682", predicate="treats", limit=20)),
        ("statement", service.statement("4db0062d")),
        ("paths", service.paths("warfarin", "VKORC1", limit=5)),
        ("explain_mapping", service.why("DOID:9477", "UMLS:C0034065")),
        ("search", service.search("warf")),
    ):
        found = called(url, name, CALLS[name]).structured_content
        assert adapter(BY_NAME[name].shape).validate_json(json.dumps(found)) == want, name


def test_a_cursor_goes_through_all_items_once(url: str) -> None:
    async def work(client: Client) -> list[dict[str, Any]]:
        pages, cursor = [], None
        while True:
            given: dict[str, Any] = {"question": "drug interactions of warfarin", "limit": 50}
            found = await client.call_tool("ask", given | ({"cursor": cursor} if cursor else {}))
            pages.append(found.structured_content)
            cursor = pages[-1].get("more", {}).get("cursor")
            if not cursor:
                return pages

    pages = using(Client(url), work)
    ids = [item["id"] for page in pages for item in page["items"]]
    assert len(ids) == len(set(ids)) == 139
    sizes = [len(page["items"]) for page in pages]
    assert 20 < sizes[0] <= 50  # as many as fit into a result
    assert pages[0]["more"]["left"] == pages[0]["items_left_out"] == 139 - sizes[0]
    for page in pages:
        cited = {id for item in page["items"] for id in item["statements"]}
        assert set(page["statements"]) == cited


def test_search_and_paths_say_that_there_may_be_more(url: str) -> None:
    assert "greater limit" in text_of(called(url, "search", {"text": "diabet", "limit": 3}))
    assert "greater limit" not in text_of(called(url, "search", {"text": "warfarin sodium"}))


def test_pages_of_statements_of_pairs_and_of_rows_end(url: str) -> None:
    async def pages(client: Client, name: str, part: str, given: dict[str, Any]) -> list[Any]:
        rows, cursor = [], {}
        for _ in range(60):
            found = (await client.call_tool(name, {**given, **cursor})).structured_content
            rows += found[part]
            if "cursor" not in found.get("more", {}):
                return rows
            cursor = {"cursor": found["more"]["cursor"]}
        raise AssertionError("the pages don't end")

    async def work(client: Client) -> Any:
        drugs = ["warfarin", "amiodarone", "metformin", "aspirin"]
        return (
            await pages(client, "statements", "rows", {"id": "DB00682", "limit": 40}),
            await pages(client, "interactions", "pairs", {"drugs": drugs, "limit": 4}),
            await pages(client, "coverage", "rows", {"source": "infores:ndfrt", "limit": 2}),
        )

    statements, pairs, rows = using(Client(url), work)
    assert len({s["id"] for s in statements}) == len(statements) == 157
    assert len(pairs) == 6
    assert all(row["source"] == "infores:ndfrt" for row in rows)
    assert len(rows) > 2


def test_results_stay_within_their_size_however_much_is_asked_for(url: str) -> None:
    text = "Warfarin interacts with amiodarone. Aspirin treats gout. " * 60
    drugs = ["warfarin", "amiodarone", "metformin", "aspirin", "ibuprofen", "digoxin", "lithium",
             "phenytoin", "tamoxifen", "simvastatin", "fluconazole", "rifampicin"]  # fmt: skip

    async def work(client: Client) -> list[Any]:
        return [
            await client.call_tool("verify_text", {"text": text, "limit": 100}),
            await client.call_tool("ask", {"question": "drug interactions of warfarin",
                                           "limit": 100}),
            await client.call_tool("interactions", {"drugs": drugs, "limit": 200}),
            await client.call_tool("statements", {"id": "DB00682", "limit": 50}),
        ]  # fmt: skip

    for found in using(Client(url), work):
        assert not found.is_error
        assert len(json.dumps(found.structured_content, ensure_ascii=False)) <= MOST
        assert len(text_of(found)) <= MOST_TEXT
    cut = called(url, "verify_text", {"text": text, "limit": 100})
    assert cut.structured_content["more"]["left"] > 0
    assert f'cursor "{cut.structured_content["more"]["cursor"]}"' in text_of(cut)


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("paths", {"start": "a", "hops": 9}, ["end: found nothing", "hops: found 9"]),
        ("ask", {"question": ""}, ["bad_request", "empty question", "1 to 2,000"]),
        ("ask", {"question": "x", "lm": "gpt"}, ["lm: not an argument", "question, lang"]),
        ("ask", {"question": "gout", "program": "cot"}, ["program 'cot'", "direct"]),
        ("ask", {"question": "gout", "cursor": "../x"}, ["cursor", "expected the more.cursor"]),
        ("ask", {"question": "gout", "cursor": "0123456789ab-5"}, ["snapshot 0123456789ab"]),
        ("search", {"text": "gout", "limit": "10"}, ["limit: found 10", "integer"]),
        ("search", {"text": "gout", "limit": 51}, ["limit: found 51", "less than or equal to 50"]),
        ("search", {"text": "gout", "category": "Drog"}, ["category 'Drog'", "Drug"]),
        ("concept", {"id": "drugbank:DB99999"}, ["not_found", "drugbank:DB99999"]),
        ("concept", {"id": "../../etc/passwd"}, ["not_found"]),
        ("statements", {"id": "DB00682", "predicate": "cures"}, ["predicate 'cures'", "treats"]),
        ("interactions", {"drugs": ["warfarin"]}, ["drugs", "at least 2"]),
        ("verify_triples", {"triples": [{"subject": "gout"}]}, ["triples.0.predicate: found not"]),
        ("coverage", {"predicate": "cures"}, ["predicate 'cures'", "treats"]),
        ("export_sample", {"task": "poems"}, ["task 'poems'", "yes_no"]),
        ("link", {"text": "gout\x00"}, ["control character U+0000"]),
    ],
)  # fmt: skip
def test_bad_input_is_told_as_the_tools_error(
    url: str, name: str, given: dict[str, Any], told: list[str]
) -> None:
    found = called(url, name, given)
    assert found.is_error
    for part in told:
        assert part in text_of(found)


def test_a_tool_that_is_not_there_is_an_error_of_the_protocol(url: str) -> None:
    with pytest.raises(MCPError, match="expected one of: ask, interactions"):
        called(url, "drop_graph", {})
    with pytest.raises(MCPError, match="started with --diff OLD"):
        called(url, "diff", {})


def test_resources_can_be_read(url: str) -> None:
    async def work(client: Client) -> dict[str, Any]:
        listed = (await client.list_resources()).resources
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "kgmed://concept/{id}"
        uris = [r.uri for r in listed] + ["kgmed://concept/drugbank%3ADB00682"]
        return {str(uri): (await client.read_resource(uri)).contents[0] for uri in uris}

    found = using(Client(url), work)
    adapter("kgmed.info/1").validate_json(found["kgmed://snapshot"].text)
    concept = adapter("kgmed.concept/1").validate_json(
        found["kgmed://concept/drugbank%3ADB00682"].text
    )
    assert concept.concept.names["zh"] == "华法林"
    licences = found["kgmed://licences"].text
    assert "| DrugCentral (`infores:drugcentral`) | 2016 | [CC BY-SA 4.0]" in licences
    assert "attribution, the same licence" in licences
    assert found["kgmed://licences"].mime_type == "text/markdown"
    assert "| `interacts_with` | 5,265 | S interacts with O | S与O" in (
        found["kgmed://predicates"].text
    )


@pytest.mark.parametrize("uri", ["kgmed://nothing", "kgmed://concept/", "file:///etc/passwd",
                                 "kgmed://concept/x%3Anone"])  # fmt: skip
def test_a_resource_that_is_not_there_is_an_error(url: str, uri: str) -> None:
    with pytest.raises(MCPError, match=r"Found the resource|holds no id|expected an id"):
        using(Client(url), lambda client: client.read_resource(uri))


def test_ids_are_completed(url: str) -> None:
    from mcp_types import ResourceTemplateReference

    ref = ResourceTemplateReference(uri="kgmed://concept/{id}")
    found = using(
        Client(url), lambda c: c.complete(ref, {"name": "id", "value": "warfarin"})
    ).completion.values
    assert found[0] == "drugbank:DB00682"


def test_prompts_come_in_both_languages(url: str) -> None:
    async def work(client: Client) -> Any:
        listed = (await client.list_prompts()).prompts
        got = {
            (prompt.name, lang): await client.get_prompt(
                prompt.name, {prompt.arguments[0].name: "{gout} 痛风", "lang": lang}
            )
            for prompt in listed
            for lang in ("en", "zh")
        }
        by_text = await client.get_prompt("check_drugs", {"drugs": "华法林，阿司匹林"})
        return [p.name for p in listed], got, by_text

    names, got, by_text = using(Client(url), work)
    assert names == ["answer", "check_text", "check_drugs"]
    for (_name, lang), prompt in got.items():
        text = prompt.messages[0].content.text
        assert "{gout} 痛风" in text
        assert "{subject}" not in text
        assert ("请" in text) == (lang == "zh")
    assert "华法林，阿司匹林" in by_text.messages[0].content.text
    assert by_text.description == "核对用药清单中图谱来源所列的相互作用。"


def test_prompts_say_the_same_in_both_languages() -> None:
    import re

    for prompt in prompts().values():
        assert set(prompt.wordings) == {"en", "zh"}
        named = [
            {tool for tool in BY_NAME if re.search(rf"\b{tool}\b", wording.text, re.ASCII)}
            - {"concept", "statement", "statements"}  # words of English as well
            for wording in prompt.wordings.values()
        ]
        assert named[0] == named[1], prompt.name
        verdicts = [set(re.findall("[A-Z_]{6,}", w.text)) for w in prompt.wordings.values()]
        assert verdicts[0] == verdicts[1]
        steps = [re.findall(r"^\d\.", w.text, re.MULTILINE) for w in prompt.wordings.values()]
        assert steps[0] == steps[1]


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [("poem", {}, "expected one of: answer"), ("answer", {}, "question"),
     ("answer", {"question": "x", "tone": "y"}, "'tone'"),
     ("answer", {"question": "x", "lang": "de"}, "lang 'de'")],
)  # fmt: skip
def test_a_prompt_that_cannot_be_filled_is_an_error(
    url: str, name: str, given: dict[str, str], told: str
) -> None:
    with pytest.raises(MCPError, match=told):
        using(Client(url), lambda client: client.get_prompt(name, given))


def test_chinese_is_answered_in_chinese(url: str) -> None:
    found = called(url, "ask", {"question": "华法林与胺碘酮有相互作用吗？"})
    assert "不构成医疗建议" in text_of(found)
    assert found.structured_content["value"] is True
    listed = called(url, "interactions", {"drugs": ["华法林", "胺碘酮"], "lang": "zh"})
    assert "胺碘酮" in text_of(listed)


def test_info_says_what_is_offered(url: str) -> None:
    found = called(url, "info", {})
    assert "Programs: direct (unless said). At most: 2,000 characters" in text_of(found)
    assert found.structured_content["service"]["programs"] == ["direct"]


def test_what_is_not_listed_is_never_called_safe(url: str) -> None:
    found = called(url, "interactions", {"drugs": ["amiodarone", "metformin"]})
    assert not found.structured_content["pairs"][0]["listed"]
    assert "no evidence of safety" in text_of(found)
    unread = called(url, "interactions", {"drugs": ["warfarin", "xyzzy"]})
    assert "Not looked up" in text_of(unread)
