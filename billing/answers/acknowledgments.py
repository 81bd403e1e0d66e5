"""Posts one 277CA, 999 or TA1: what became of claims and of whole files on their way to the payer."""

from collections.abc import Mapping

from billing.answers.acknowledgment_reader import AcknowledgedGroup, Receipt, read_groups, read_receipts
from billing.answers.match import normal, versions_by_control
from billing.answers.posting_run import FilePart, PostingRun, digest_of, is_posted, store_answers, store_transaction
from billing.answers.status_reader import Reported, claim_state, read_statuses
from billing.answers.x12_parts import Transaction
from billing.claims.billing_data import own_numbers
from billing.models import (
    REJECTED_STATES,
    Answer,
    AnswerTransaction,
    ClaimCopy,
    ClaimLine,
    ClaimVersion,
    ExportFormat,
    ForeignClaim,
    Level,
    PostingVerdict,
    Submission,
    SubmissionForm,
)


def post_statuses(run: PostingRun, part: FilePart, transaction: Transaction) -> AnswerTransaction:
    """Post a 277CA: an answer for each claim of ours, and one for a file whose batch or provider is rejected."""
    key = f"277CA|{part.digest}"
    if is_posted(run, key):
        return store_transaction(run, part, "277CA", PostingVerdict.AGAIN)
    levels = read_statuses(transaction, part.interchange.component, latest=run.today)
    claims = [level for level in levels if level.level == "PT" and level.reference]
    versions = versions_by_control(run.practice, [claim.reference for claim in claims])
    batch = next((level.reference for level in levels if level.level == "21"), "")
    submission = _submission(run, batch=batch) if batch else None
    if not versions and submission is None:
        reason = f"Batch {batch or '(none)'} is not ours, and it names no claim that was sent from this portal."
        return store_transaction(run, part, "277CA", PostingVerdict.NOT_OURS, trace=batch, reasons=[reason])
    row = store_transaction(run, part, "277CA", PostingVerdict.POSTED, trace=batch)
    answers = _claim_statuses(run, part, row, claims, versions)
    if submission is not None:
        run.submissions.add(submission.pk)
        rejections = _batch_rejections(run, part, row, levels, submission)
        run.versions |= _versions_in([submission]) if rejections else set()
        answers += rejections
    store_answers(run, answers)
    ForeignClaim.objects.bulk_create(
        ForeignClaim(practice=run.practice, transaction=row, control=claim.reference)
        for claim in claims
        if normal(claim.reference) not in versions
    )
    return row


def _submission(run: PostingRun, **values: str) -> Submission | None:
    rows = Submission.objects.filter(practice=run.practice, form=SubmissionForm.X12, **values)
    found: Submission | None = rows.defer("body").first()
    return found


def _answer(run: PostingRun, part: FilePart, row: AnswerTransaction, level: int, **values: object) -> Answer:
    fields = {"on": part.day(run), "order": part.order()} | values
    return Answer(
        practice=run.practice, transaction=row, level=level, answered_at=run.now, answered_by=run.by.user, **fields
    )


def _claim_statuses(
    run: PostingRun, part: FilePart, row: AnswerTransaction, claims: list[Reported], versions: dict[str, ClaimVersion]
) -> list[Answer]:
    """One answer a claim, and one a line that the file names."""
    answers, lines = [], _named_lines(run, claims)
    for place, claim in enumerate(claims, start=1):
        version, state = versions.get(normal(claim.reference)), claim_state(claim)
        if version is None or not state:
            continue
        run.submissions.add(version.submission_id)
        identity = (part.interchange.sender, part.interchange.sent_at, claim)
        values = {
            "version": version,
            "status": state,
            "on": claim.on or part.day(run),
            "order": part.order(place),
            "payer_control": claim.payer_control,
            "codes": _codes(claim),
            "key": f"277CA|{version.control}|{digest_of(identity)}",
        }
        answers.append(_answer(run, part, row, Level.CLAIM, **values))
        answers += _line_statuses(run, part, row, claim, values, lines)
    return answers


def _named_lines(run: PostingRun, claims: list[Reported]) -> dict[tuple[int, str], ClaimLine]:
    """The lines that the file names, by claim and number. One statement."""
    controls = {line.line_control.lower() for claim in claims for line in claim.lines if line.line_control}
    rows = ClaimLine.objects.filter(practice=run.practice, public_id__in=controls) if controls else []
    return {(row.claim_id, row.public_id): row for row in rows}


def _line_statuses(
    run: PostingRun,
    part: FilePart,
    row: AnswerTransaction,
    claim: Reported,
    values: Mapping[str, object],
    lines: Mapping[tuple[int, str], ClaimLine],
) -> list[Answer]:
    version = values["version"]
    claim_id = version.claim_id if isinstance(version, ClaimVersion) else 0
    return [
        _answer(
            run,
            part,
            row,
            Level.CLAIM,
            version=version,
            line=lines.get((claim_id, line.line_control.lower())),
            is_line=True,
            status=line.state,
            codes=_codes(line),
            key=f"{values['key']}|{number}",
        )
        for number, line in enumerate(claim.lines, start=1)
        if line.state
    ]


def _codes(reported: Reported) -> list[dict[str, object]]:
    return [{"code": status.text, "asks": status.asks} for status in reported.statuses]


def _batch_rejections(
    run: PostingRun, part: FilePart, row: AnswerTransaction, levels: list[Reported], submission: Submission
) -> list[Answer]:
    """The rejection of a whole batch, or of a billing provider in it. An acceptance says nothing of the claims."""
    npis = own_numbers(run.practice).npis
    return [
        _answer(
            run,
            part,
            row,
            Level.CLAIM,
            status=level.state,
            on=level.on or part.day(run),
            codes=_codes(level),
            key=f"277CA|batch|{submission.public_id}|{name}{digest_of(level)}",
            **concerned,
        )
        for level in levels
        if level.state in REJECTED_STATES and (level.level == "21" or (level.level == "19" and level.provider in npis))
        for name, concerned in _concerned(submission, level)
    ]


def _concerned(submission: Submission, level: Reported) -> list[tuple[str, dict[str, object]]]:
    """The submission that a level speaks of, or the versions of its billing provider if the file has others too."""
    if level.level == "19":
        versions = list(submission.versions.all())
        of_provider = [one for one in versions if one.as_sent().get("practice_npi") in {None, level.provider}]
        if len(of_provider) < len(versions):
            return [(f"{version.control}|", {"version": version}) for version in of_provider]
    return [("", {"submission": submission})]


def post_groups(run: PostingRun, part: FilePart, transaction: Transaction) -> AnswerTransaction:
    """Post a 999: one answer for the file. Claims read it through the transaction that they were sent in."""
    key = f"999|{part.interchange.sender}|{part.interchange.control}|{part.digest}"
    if is_posted(run, key):
        return store_transaction(run, part, "999", PostingVerdict.AGAIN, key=key)
    groups = read_groups(transaction)
    found = [(group, submission) for group in groups if (submission := _submission_of(run, group)) is not None]
    if not found:
        return _foreign_group(run, part, groups)
    row = store_transaction(run, part, "999", PostingVerdict.POSTED, key=key, trace=found[0][0].number)
    store_answers(run, [_group_answer(run, part, row, *pair) for pair in found])
    run.submissions |= {submission.pk for _, submission in found}
    run.versions |= _versions_in([submission for _, submission in found])
    return row


def _submission_of(run: PostingRun, group: AcknowledgedGroup) -> Submission | None:
    """The submission of a group: by GS06, and by a transaction in it, since other systems count their groups too."""
    submission = _submission(run, group=group.number.lstrip("0")) if group.kind in {"HC", ""} else None
    if submission is None:
        return None
    numbers = {one.number for one in group.sets}
    is_ours = not numbers or submission.versions.filter(transaction_number__in=numbers).exists()
    return submission if is_ours else None


def _foreign_group(run: PostingRun, part: FilePart, groups: list[AcknowledgedGroup]) -> AnswerTransaction:
    number = groups[0].number if groups else "(none)"
    digits = number.lstrip("0")
    trials = ClaimCopy.objects.filter(practice=run.practice, shape=ExportFormat.TRIAL)
    if digits.isascii() and digits.isdigit() and trials.filter(number=int(digits)).exists():
        reason = f"It answers trial file {digits}."
        return store_transaction(run, part, "999", PostingVerdict.TRIAL, trace=number, reasons=[reason])
    reason = f"Group {number} is no file of this practice."
    return store_transaction(run, part, "999", PostingVerdict.NOT_OURS, trace=number, reasons=[reason])


def _group_answer(
    run: PostingRun, part: FilePart, row: AnswerTransaction, group: AcknowledgedGroup, submission: Submission
) -> Answer:
    codes = [
        {"set": one.number, "verdict": one.verdict, "rejected": one.is_rejected, "errors": one.errors}
        for one in group.sets
    ]
    return _answer(
        run,
        part,
        row,
        Level.FILE,
        submission=submission,
        status=group.state_of(""),
        codes=codes,
        code=group.verdict,
        key=f"999|{submission.public_id}|{part.interchange.sender}|{part.interchange.control}|{part.digest}",
    )


def _versions_in(submissions: list[Submission]) -> set[int]:
    return set(ClaimVersion.objects.filter(submission__in=submissions).values_list("pk", flat=True))


def post_receipts(run: PostingRun, part: FilePart, transaction: Transaction) -> AnswerTransaction:
    """Post the TA1 segments of an interchange: one answer for each file of ours."""
    key = f"TA1|{part.interchange.sender}|{part.interchange.control}|{part.digest}"
    if is_posted(run, key):
        return store_transaction(run, part, "TA1", PostingVerdict.AGAIN, key=key)
    receipts = read_receipts(transaction)
    found = [(receipt, submission) for receipt in receipts if (submission := _sent_as(run, receipt)) is not None]
    trace = receipts[0].interchange if receipts else ""
    if not found:
        reason = f"Interchange {trace} is no file of this practice."
        return store_transaction(run, part, "TA1", PostingVerdict.NOT_OURS, trace=trace, reasons=[reason])
    row = store_transaction(run, part, "TA1", PostingVerdict.POSTED, key=key, trace=trace)
    store_answers(run, [_receipt_answer(run, part, row, *pair) for pair in found])
    run.submissions |= {submission.pk for _, submission in found}
    run.versions |= _versions_in([submission for _, submission in found])
    return row


def _sent_as(run: PostingRun, receipt: Receipt) -> Submission | None:
    return _submission(
        run, interchange=receipt.interchange, interchange_date=receipt.date, interchange_time=receipt.time
    )


def _receipt_answer(
    run: PostingRun, part: FilePart, row: AnswerTransaction, receipt: Receipt, submission: Submission
) -> Answer:
    return _answer(
        run,
        part,
        row,
        Level.INTERCHANGE,
        submission=submission,
        status=receipt.state,
        code=receipt.verdict,
        codes=[{"note": receipt.code}],
        key=f"TA1|{submission.public_id}|{part.interchange.sender}|{part.interchange.control}|{part.digest}",
    )
