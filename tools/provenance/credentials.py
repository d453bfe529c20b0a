"""Content credentials of a promo: the manifest of what was done to it, written into the file, and read out of one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.files.whole import temporary
from tools.ports import Signer
from tools.schema import Noun
from tools.text import clean
from tools.troubles import NotReady, Refusal

VIDEO = "video/mp4"
MODEL = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""What IPTC calls media that a trained model made."""
SOURCE = "source"
"""The name of the video that the promo was cut from, within a manifest."""
NO_PACKAGE = "the package c2pa-python is missing: pip install 'hookline[sign]'"


class Credentials(Noun):
    """What a file says of where it came from."""

    signed_by: str = ""
    """Empty where nobody signed it."""
    unchanged: bool = False
    """Whether every byte is as it was signed."""
    trusted: bool = False
    """Whether who signed is on the reader's list of those it trusts."""
    faults: tuple[str, ...] = ()
    actions: tuple[dict[str, Any], ...] = ()
    sources: tuple[str, ...] = ()


def action(
    name: str, description: str, by: str = "", model: bool = False, parameters: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """One entry of the list of actions: ``c2pa.trimmed`` and the like; ``by`` is the program or model that did it."""
    made: dict[str, Any] = {"action": name, "description": clean(description, 400)}
    if by:
        made["softwareAgent"] = {"name": clean(by, 120)}
    if model:
        made["digitalSourceType"] = MODEL
    if parameters:
        made["parameters"] = dict(parameters)
    return made


def sign(
    path: Path,
    into: Path,
    title: str,
    actions: Sequence[Mapping[str, Any]],
    source: tuple[str, Path | None],
    signer: Signer,
    version: str,
) -> None:
    """A copy of the MP4 at ``path`` that carries ``actions``, whole under the name ``into`` or not at all.

    ``source`` is the name of the video that it was cut from, and its file where it is here whole: what that says of itself is carried on.
    Raises ``Refusal`` for a key that signs nothing, ``NotReady`` where the package is missing.
    """
    c2pa = _library()
    signer.check()
    manifest = {
        "claim_generator_info": [{"name": "Hookline", "version": version}],
        "title": title,
        "format": VIDEO,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [_opened(), *map(dict, actions)]}}],
    }
    try:
        with (
            c2pa.Signer.from_callback(signer.sign, c2pa.C2paSigningAlg.ES256, signer.certificates(), None) as key,
            _builder(c2pa, manifest, *source) as builder,
            temporary(into.parent, ".mp4") as part,
        ):
            with path.open("rb") as file, part.open("w+b") as made:
                builder.sign(key, VIDEO, file, made)
            part.replace(into)
    except c2pa.C2paError as error:
        raise Refusal("sign", f"{signer.engine} signs nothing: {clean(error, 200)}.") from error


def read(path: Path) -> Credentials:
    """What the file at ``path`` says of itself, and whether it still is what was signed.  Raises ``NotReady`` where the package is missing."""
    c2pa = _library()
    try:
        with c2pa.Reader(str(path)) as reader:
            told = json.loads(reader.json())
    except c2pa.C2paError as error:
        return Credentials(faults=(clean(error, 200),))
    manifest = told["manifests"][told["active_manifest"]]
    found = (told.get("validation_results") or {}).get("activeManifest") or {}
    codes = {each["code"] for each in found.get("failure", ())}
    actions = [
        each
        for one in manifest.get("assertions", ())
        if one["label"].startswith("c2pa.actions")
        for each in one["data"]["actions"]
    ]
    return Credentials(
        signed_by=clean((manifest.get("signature_info") or {}).get("issuer", ""), 200),
        unchanged=not codes - {"signingCredential.untrusted"},
        trusted="signingCredential.untrusted" not in codes,
        faults=tuple(sorted(codes - {"signingCredential.untrusted"})),
        actions=tuple(actions),
        sources=tuple(clean(each.get("title", ""), 200) for each in manifest.get("ingredients", ())),
    )


def _opened() -> dict[str, Any]:
    return {"action": "c2pa.opened", "parameters": {"ingredientIds": [SOURCE]}}


def _builder(c2pa: Any, manifest: Mapping[str, Any], name: str, path: Path | None) -> Any:
    """What writes the manifest, with the video that was opened: its bytes and what they say of themselves, where a manifest fits into their kind."""
    told = {"title": name, "relationship": "parentOf", "label": SOURCE, "instance_id": SOURCE}
    if path is not None:
        builder = c2pa.Builder(json.dumps(manifest))
        try:
            with path.open("rb") as file:
                builder.add_ingredient(told, VIDEO, file)
            return builder
        except c2pa.C2paError:
            builder.close()
    return c2pa.Builder(json.dumps({**manifest, "ingredients": [told]}))


def _library() -> Any:
    try:
        import c2pa
    except ModuleNotFoundError as error:
        raise NotReady(NO_PACKAGE) from error
    return c2pa
