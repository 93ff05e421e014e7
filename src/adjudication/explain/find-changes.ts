import type { Claim } from '../../domain/claim.ts'
import type { Decision, Finding, Outcome } from '../../domain/decision.ts'
import type { ChangeOffered, Edit, Text } from '../../domain/explanation.ts'
import { formatMoney, type Money, subtract } from '../../domain/money.ts'
import { adjudicate } from '../adjudicate.ts'
import { type Candidate, candidatesOf } from './candidates.ts'
import { type EditedClaim, editClaim, type Filed } from './edit-claim.ts'
import { moneyText, say } from './words.ts'

/** What a search may cost; what is not reached is not offered, and its findings stay among the open matters. */
export const changeBounds = {
  /** Candidates that are decided again. */
  decisionsMax: 60,
  /** Lines that are decided again, over all candidates. */
  linesMax: 20_000,
  /** Changes offered. */
  offeredMax: 20,
}

interface Tried {
  readonly candidate: Candidate
  readonly edited: EditedClaim
  readonly decision: Decision
  /** Findings that it settles. */
  readonly gone: readonly number[]
}

/**
 * The changes of form or code under which the claim would pay more, no longer wait, or be accepted as it is filed. Each was decided
 * again with the same facts, brings no new finding, puts nothing on the patient and claims no more for a line than the fund pays then.
 * @param rest before each candidate: lets others have the processor
 */
export async function findChanges(
  filed: Filed,
  claim: Claim,
  decision: Decision,
  rest: () => Promise<unknown> = async () => {},
): Promise<readonly ChangeOffered[]> {
  const attempt = createAttempt(filed, claim, decision)
  const best = new Map<string, Tried>()
  for (const candidate of candidatesOf(filed, decision)) {
    await rest()
    const tried = attempt(candidate)
    if (tried === undefined) continue
    // Of those that settle the same and pay the same the smallest.
    const key = `${tried.gone.join(' ')} ${tried.decision.decided.fundPays}`
    const known = best.get(key)
    if (known === undefined || isSmaller(tried, known)) best.set(key, tried)
  }
  const tried = [...best.values()]
  const single = tried.filter((one) => !tried.some((other) => covers(other, one))).sort(bySize)
  const joint = single.filter(({ candidate }) => candidate.condition !== 'slip_shown')
  const together = joint.length > 1 ? attempt(union(joint)) : undefined
  const kept = together === undefined ? single : single.filter((one) => !joint.includes(one) || agrees(one, together))
  const offers = kept.slice(0, changeBounds.offeredMax).map((one) => offerOf(one, decision, false))
  const isMore = together !== undefined && together.edited.fields > (kept.length === 1 ? kept[0]!.edited.fields : 0)
  return isMore ? [...offers, offerOf(together, decision, true)] : offers
}

/** What the whole does otherwise is no advice for a part: a total that is wrong only beside another fault. */
const agrees = (one: Tried, whole: Tried): boolean => {
  const cells = new Set(wantedCells(whole))
  return !one.gone.every((at) => whole.gone.includes(at)) || wantedCells(one).every((cell) => cells.has(cell))
}
const wantedCells = ({ edited: { edits } }: Tried): readonly string[] =>
  edits.filter(({ follows }) => !follows).map(({ pointer, to }) => `${pointer} ${to}`)

const bySize = (a: Tried, b: Tried): number => a.edited.fields - b.edited.fields || a.gone[0]! - b.gone[0]!
const isSmaller = (a: Tried, b: Tried): boolean =>
  a.edited.fields < b.edited.fields || (a.edited.fields === b.edited.fields && a.edited.edits.length < b.edited.edits.length)
/** Another settles more with no more fields. */
const covers = (other: Tried, one: Tried): boolean =>
  other !== one &&
  other.gone.length > one.gone.length &&
  other.edited.fields <= one.edited.fields &&
  other.decision.decided.fundPays >= one.decision.decided.fundPays &&
  one.gone.every((at) => other.gone.includes(at))

function union(all: readonly Tried[]): Candidate {
  const conditions = all.flatMap(({ candidate: { condition } }) => condition ?? [])
  return {
    edits: all.flatMap(({ candidate: { edits } }) => edits),
    follow: all.some(({ candidate: { follow } }) => follow === 'rates') ? 'rates' : 'amounts',
    ...(conditions[0] === undefined ? {} : { condition: conditions[0] }),
  }
}

const ranks: Readonly<Record<Outcome, number>> = { deny: 0, pend: 1, adjust: 2, accept: 3 }

function createAttempt(filed: Filed, claim: Claim, decision: Decision) {
  const before = decision.findings.map(marksOf)
  const known = new Set(before.flat())
  let [decisions, lines] = [0, 0]
  return function attempt(candidate: Candidate): Tried | undefined {
    if (decisions >= changeBounds.decisionsMax || lines + claim.lines.length > changeBounds.linesMax) return undefined
    decisions += 1
    lines += claim.lines.length
    const edited = editClaim(filed, candidate.edits, candidate.follow)
    if (edited.fields === 0) return undefined
    const after = adjudicate(edited.claim, filed.facts, filed.rulebook)
    const marks = new Set(after.findings.flatMap(marksOf))
    const ofNumbers = renumbers(candidate)
    const gone = before.flatMap((own, at) => {
      // Under other numbers the marks of a line say nothing about what became of it.
      if (own.length === 0 || (ofNumbers && decision.findings[at]!.rule !== 'INT-01')) return []
      return own.some((mark) => marks.has(mark)) ? [] : [at]
    })
    const isNew = [...marks].some((mark) => !known.has(mark))
    if (gone.length === 0 || (isNew && !ofNumbers)) return undefined
    if (after.decided.fundPays < decision.decided.fundPays || ranks[after.outcome] < ranks[decision.outcome]) return undefined
    if (lowersFactor(candidate) && after.decided.selfPays > decision.decided.selfPays) return undefined
    return claimsTooMuch(claim, edited.claim, after) ? undefined : { candidate, edited, decision: after, gone }
  }
}
/** A price, quantity or rate: what is not asked of the fund any more must not fall to the patient. */
const lowersFactor = ({ edits }: Candidate): boolean => edits.some(({ field }) => /^(DON_GIA|SO_LUONG|TYLE)/.test(field))
const renumbers = ({ edits }: Candidate): boolean => edits.some(({ field }) => field === 'STT')

/** What a finding that pends, reduces or denies is about: rule, severity, field, and each of its lines. */
function marksOf({ rule, severity, effect, inputs, lines }: Finding): readonly string[] {
  if (severity !== 'pend' && severity !== 'reduce' && severity !== 'deny') return []
  const about = `${rule} ${severity} ${effect?.field ?? inputs['field'] ?? inputs['earlier'] ?? ''}`
  return lines.length === 0 ? [about] : lines.map(({ table, stt }) => `${about} ${table}/${stt}`)
}

/** A line asks the fund for more than before and for more than it would get. */
function claimsTooMuch(before: Claim, after: Claim, { lines }: Decision): boolean {
  const asked = new Map(before.lines.map(({ table, stt, amounts }) => [`${table} ${stt}`, amounts.fundPays]))
  const given = new Map(lines.map(({ table, stt, decided }) => [`${table} ${stt}`, decided.fundPays]))
  return after.lines.some(({ table, stt, amounts: { fundPays } }) => {
    const key = `${table} ${stt}`
    return fundPays > (asked.get(key) ?? fundPays) && fundPays > (given.get(key) ?? 0)
  })
}

const conditions: Readonly<Record<NonNullable<Candidate['condition']>, Text>> = {
  row_belongs: say(' (chỉ khi dòng đúng là của đợt khám này)', ' (only if the row does belong to this visit)'),
  slip_shown: say(
    ' (giấy có trong dữ liệu; chỉ khi người bệnh đến khám theo giấy này)',
    ' (the register has the slip; only if the patient came with it)',
  ),
}

function offerOf({ candidate, edited, decision: after, gone }: Tried, decision: Decision, together: boolean): ChangeOffered {
  const gain = subtract(after.decided.fundPays, decision.decided.fundPays)
  const clearsPend = decision.outcome === 'pend' && after.outcome !== 'pend' && after.outcome !== 'deny'
  const effect = effectText(decision.outcome, after.outcome, gain, clearsPend)
  const what = together
    ? say('Sửa cùng lúc {count} chỗ:', 'Change {count} fields together:', { count: String(edited.fields) })
    : editsText(edited.edits.filter(({ follows }) => !follows))
  const condition = candidate.condition === undefined ? say('', '') : conditions[candidate.condition]
  return {
    findings: gone,
    message: say('{what}{condition} {effect}', '{what}{condition} {effect}', { what, condition, effect }),
    edits: edited.edits,
    fields: edited.fields,
    result: { outcome: after.outcome, T_BHTT: formatMoney(after.decided.fundPays), gain: formatMoney(gain), clearsPend },
  }
}

function effectText(before: Outcome, after: Outcome, gain: Money, clearsPend: boolean): Text {
  const parts = { gain: moneyText(gain) }
  if (gain > 0 && clearsPend)
    return say(
      'quỹ trả thêm {gain} và hồ sơ không còn phải chờ.',
      'the fund pays {gain} more and the claim no longer waits.',
      parts,
    )
  if (gain > 0) return say('quỹ trả thêm {gain}.', 'the fund pays {gain} more.', parts)
  if (clearsPend)
    return say(
      'hồ sơ không còn phải chờ; quỹ trả như số tạm tính.',
      'the claim no longer waits; the fund pays what was computed.',
    )
  if (after === 'accept' && before !== 'accept')
    return say(
      'hồ sơ được chấp nhận như đề nghị; số tiền quỹ trả không đổi.',
      'the claim is accepted as filed; what the fund pays stays the same.',
    )
  return say('lỗi này hết; số tiền quỹ trả không đổi.', 'this fault is gone; what the fund pays stays the same.')
}

const PLACES_NAMED_MAX = 5

function editsText(edits: readonly Edit[]): Text {
  const [first] = edits
  if (first === undefined) return say('', '')
  const place = ({ table, stt }: Edit) => (stt === undefined ? table : `${table}/${stt}`)
  const alike = edits.every(({ field, from, to }) => field === first.field && from === first.from && to === first.to)
  const named = (list: readonly string[]) =>
    `${list.slice(0, PLACES_NAMED_MAX).join(', ')}${list.length > PLACES_NAMED_MAX ? ' …' : ''}`
  const value = (text: string) => (text === '' ? '∅' : text)
  if (alike) {
    return say('Sửa {field} của {places} từ {from} thành {to}:', 'Change {field} of {places} from {from} to {to}:', {
      field: first.field,
      places: named(edits.map(place)),
      from: value(first.from),
      to: first.to,
    })
  }
  const each = named(edits.map((edit) => `${place(edit)} ${edit.field} ${value(edit.from)} → ${edit.to}`))
  return say('Sửa {each}:', 'Change {each}:', { each })
}
