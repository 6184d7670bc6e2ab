"""Behaviours by the ids of the DISARM framework (https://github.com/DISARMFoundation/DISARMframeworks).

An id says what is done, by the name that others file it under. DISARM describes what operations do; volunteers and
fans do the same things, and here too an id says nothing of who did it or why. Names that call accounts anything
(T0049.001, T0049.003) aren't used.
"""

from __future__ import annotations

from dataclasses import dataclass

PAGES = "https://github.com/DISARMFoundation/DISARMframeworks/blob/main/generated_pages/techniques"


@dataclass(frozen=True)
class Technique:
    """A technique: its id and name, and the tactic it belongs to."""

    number: str
    name: str
    tactic: str
    tactic_name: str

    @property
    def url(self) -> str:
        """Its page."""
        return f"{PAGES}/{self.number}.md"


_FLOOD = Technique("T0049.002", "Flood Existing Hashtag", "TA17", "Maximise Exposure")
_COPIED = Technique("T0084.001", "Use Copypasta", "TA06", "Develop Content")
_REUSED = Technique("T0084", "Reuse Existing Content", "TA06", "Develop Content")
_AMPLIFY = Technique("T0118", "Amplify Existing Narrative", "TA17", "Maximise Exposure")
_REPLY = Technique("T0116", "Comment or Reply on Content", "TA09", "Deliver Content")

TECHNIQUES: dict[str, Technique] = {
    "hashtag": _FLOOD, "hashtag-sequence": _FLOOD, "hashtag-pair": _FLOOD,
    "text": _COPIED, "near-text": _COPIED, "template": _COPIED, "media": _REUSED,
    "reshare": _AMPLIFY, "rapid-reshare": _AMPLIFY, "link": _AMPLIFY, "domain": _AMPLIFY,
    "reply": _REPLY, "mention": _REPLY, "mention-set": _REPLY,
}  # fmt: skip
"""By trace. Traces that aren't here (client, rhythm) are no behaviour that DISARM files."""
