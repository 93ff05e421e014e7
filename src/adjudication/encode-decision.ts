import { hash } from 'node:crypto'
import type { Amounts, Totals } from '../domain/claim.ts'
import type { Benefit, Decision, EncodedDecision, Finding, LegalBasis, LineDecision } from '../domain/decision.ts'
import { formatMoney, formatRate, parseMoney } from '../domain/money.ts'

/** A decision is encoded by hand: shapes are fixed, keys are written in RFC 8785 order, and a test holds it to a canonicaliser. */

const text = JSON.stringify as (value: string) => string

/**
 * The contract's `decision` as RFC 8785 JSON. `sha256` is the hash of the same object without it; being the last key in that order,
 * it is put in at the end.
 */
export function encodeDecision(decision: Decision, factsSha256: string): EncodedDecision {
  const { rulebook } = decision
  const body =
    `{"benefits":[${decision.benefits.map(benefitJson).join(',')}]` +
    `,"claimed":${totalsJson(decision.claimed)}` +
    `,"decided":${totalsJson(decision.decided)}` +
    `,"factsSha256":"${factsSha256}"` +
    `,"findings":[${decision.findings.map(findingJson).join(',')}]` +
    `,"lines":[${decision.lines.map(lineJson).join(',')}]` +
    `,"outcome":"${decision.outcome}","provisional":true` +
    `,"rulebook":{"sha256":"${rulebook.sha256}","version":${text(rulebook.version)}}`
  // The text is turned into bytes once: closed for the hash, then opened again for the hash to be put in.
  const bytes = Buffer.from(body + closed)
  const end = bytes.length - closed.length
  const sha256 = hash('sha256', bytes.subarray(0, end + 1))
  bytes.write(sha256Json(sha256), end, 'latin1')
  return { bytes, sha256 }
}
const sha256Json = (sha256: string) => `,"sha256":"${sha256}"}`
/** A closing brace and the room that the hash will take. */
const closed = '}'.padEnd(sha256Json('').length + 64)

/** JSON text of the nine decided totals. */
export const decidedTotalsJson = (decision: Decision): string => totalsJson(decision.decided)

export function totalsJson(totals: Totals): string {
  return (
    `{"T_BHTT":"${formatMoney(totals.fundPays)}"` +
    `,"T_BHTT_GDV":"${formatMoney(totals.feeForService)}"` +
    `,"T_BNCCT":"${formatMoney(totals.copay)}"` +
    `,"T_BNTT":"${formatMoney(totals.selfPays)}"` +
    `,"T_NGUONKHAC":"${formatMoney(totals.otherSources)}"` +
    `,"T_THUOC":"${formatMoney(totals.drugs)}"` +
    `,"T_TONGCHI_BH":"${formatMoney(totals.insuredAmount)}"` +
    `,"T_TONGCHI_BV":"${formatMoney(totals.hospitalAmount)}"` +
    `,"T_VTYT":"${formatMoney(totals.supplies)}"}`
  )
}

/** Reads totals back from their JSON form. @throws Error when a total is missing or no decimal */
export function totalsOfJson(json: Readonly<Record<string, unknown>>): Totals {
  const read = (field: string) => parseMoney(String(json[field]))
  return {
    fundPays: read('T_BHTT'),
    feeForService: read('T_BHTT_GDV'),
    copay: read('T_BNCCT'),
    selfPays: read('T_BNTT'),
    otherSources: read('T_NGUONKHAC'),
    drugs: read('T_THUOC'),
    insuredAmount: read('T_TONGCHI_BH'),
    hospitalAmount: read('T_TONGCHI_BV'),
    supplies: read('T_VTYT'),
  }
}

/** `claimed` of an encoded decision, for the void that withdraws it. */
export function claimedOf(decisionBytes: Buffer): Totals {
  const { claimed } = JSON.parse(decisionBytes.toString('utf8')) as { claimed: Readonly<Record<string, unknown>> }
  return totalsOfJson(claimed)
}

function amountsJson(amounts: Amounts): string {
  return (
    `{"THANH_TIEN_BH":"${formatMoney(amounts.insuredAmount)}"` +
    `,"THANH_TIEN_BV":"${formatMoney(amounts.hospitalAmount)}"` +
    `,"T_BHTT":"${formatMoney(amounts.fundPays)}"` +
    `,"T_BNCCT":"${formatMoney(amounts.copay)}"` +
    `,"T_BNTT":"${formatMoney(amounts.selfPays)}"` +
    `,"T_NGUONKHAC":"${formatMoney(amounts.otherSources)}"}`
  )
}

function lineJson({ claimed, decided, findings, stt, table }: LineDecision): string {
  const claimedJson = amountsJson(claimed)
  const decidedJson = sameAmounts(claimed, decided) ? claimedJson : amountsJson(decided)
  return `{"claimed":${claimedJson},"decided":${decidedJson},"findings":[${findings.join(',')}],"stt":${stt},"table":"${table}"}`
}

function sameAmounts(a: Amounts, b: Amounts): boolean {
  return (
    a.fundPays === b.fundPays &&
    a.copay === b.copay &&
    a.selfPays === b.selfPays &&
    a.hospitalAmount === b.hospitalAmount &&
    a.insuredAmount === b.insuredAmount &&
    a.otherSources === b.otherSources
  )
}

function benefitJson({ cardNumber, cardRateBp, from, rateBp, routeRateBp, rules, to }: Benefit): string {
  return (
    `{"cardNumber":${text(cardNumber)},"cardRate":"${formatRate(cardRateBp)}","from":${text(from)},"rate":"${formatRate(rateBp)}"` +
    `,"routeRate":"${formatRate(routeRateBp)}","rules":[${rules.map(text).join(',')}],"to":${text(to)}}`
  )
}

function findingJson({ effect, group, inputs, legalBasis, lines, message, rule, severity, version }: Finding): string {
  const effectJson =
    effect === undefined
      ? ''
      : `"effect":{"after":${text(effect.after)},"bearer":"${effect.bearer}","before":${text(effect.before)}` +
        `,"field":${text(effect.field)},"money":${text(effect.money)}},`
  return (
    `{${effectJson}"group":${text(group)},"inputs":${inputsJson(inputs)},"legalBasis":${basisJson(legalBasis)}` +
    `,"lines":[${lines.map(({ stt, table }) => `{"stt":${stt},"table":"${table}"}`).join(',')}]` +
    `,"message":{"en":${text(message.en)},"vi":${text(message.vi)}},"rule":${text(rule)},"severity":"${severity}","version":${version}}`
  )
}

function inputsJson(inputs: Finding['inputs']): string {
  const members = Object.keys(inputs)
    .sort()
    .map((key) => `${text(key)}:${text(inputs[key]!)}`)
  return `{${members.join(',')}}`
}

/** The basis of a rule is one object for as long as its rulebook lives. */
const basisTexts = new WeakMap<readonly LegalBasis[], string>()

function basisJson(legalBasis: readonly LegalBasis[]): string {
  let known = basisTexts.get(legalBasis)
  if (known === undefined) {
    known = `[${legalBasis.map(oneBasisJson).join(',')}]`
    basisTexts.set(legalBasis, known)
  }
  return known
}

function oneBasisJson({ article, clause, document, point }: LegalBasis): string {
  const members = [
    article === undefined ? '' : `"article":${text(article)}`,
    clause === undefined ? '' : `"clause":${text(clause)}`,
    `"document":${text(document)}`,
    point === undefined ? '' : `"point":${text(point)}`,
  ]
  return `{${members.filter((member) => member !== '').join(',')}}`
}
