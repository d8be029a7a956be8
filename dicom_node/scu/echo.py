"""C-ECHO as SCU: which step on the way to a peer works, and which does not (PS3.4 A.4)."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from dicom_node.scu.association import ScuIdentity, association
from dicom_node.scu.steps import Step, StepFailedError
from storage.records import Peer


@dataclass(frozen=True, slots=True)
class EchoStep:
    """One step: whether it worked, a sentence for a person, and StepFailedError's ``code``."""

    step: Step
    ok: bool
    text: str
    code: str = ""


def echo(peer: Peer, identity: ScuIdentity) -> tuple[EchoStep, ...]:
    """Verify the way to ``peer``: the steps in order, up to the first that failed."""
    texts = {
        Step.NAME: f"the host {peer.host} is known",
        Step.CONNECTION: f"port {peer.port} is open",
        Step.TLS: "both sides took the other's certificate",
        Step.ASSOCIATION: f"{peer.aet} accepts associations from {identity.calling_aet}",
        Step.CONTEXT: "it supports Verification",
        Step.SERVICE: "it answered the C-ECHO with success",
    }
    failure = _failure(peer, identity)
    if not peer.tls:
        del texts[Step.TLS]
    steps = []
    for step, text in texts.items():
        if failure is not None and step is failure.step:
            steps.append(EchoStep(step, ok=False, text=str(failure), code=failure.code))
            break
        steps.append(EchoStep(step, ok=True, text=text))
    return tuple(steps)


def _failure(peer: Peer, identity: ScuIdentity) -> StepFailedError | None:
    context = build_context(Verification, [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
    try:
        with association(peer, [context], identity) as assoc:
            response = assoc.send_c_echo()
    except RuntimeError:
        return StepFailedError(
            Step.SERVICE, "the association ended before the C-ECHO was sent", retryable=True
        )
    except StepFailedError as error:
        return error
    if "Status" not in response:
        return StepFailedError(Step.SERVICE, "no response to the C-ECHO", retryable=True)
    if response.Status != 0x0000:
        return StepFailedError(
            Step.SERVICE, f"the C-ECHO was answered with 0x{response.Status:04X}", retryable=True
        )
    return None
