import { hash } from 'node:crypto'
import type { Totals } from '../domain/claim.ts'
import type { Facts, RegisterFact } from '../domain/facts.ts'
import { totalsJson, totalsOfJson } from './encode-decision.ts'
import { canonicalJson } from './rulebook/canonical.ts'

export interface EncodedFacts {
  /** RFC 8785 text. */
  readonly text: string
  readonly sha256: string
}

/** A register value is often the same object for many claims of a batch: its text is made once. */
const valueTexts = new WeakMap<object, string>()

function valueText(value: object): string {
  let known = valueTexts.get(value)
  if (known === undefined) {
    known = canonicalJson(value)
    valueTexts.set(value, known)
  }
  return known
}

function registerFactJson<T extends object>(fact: RegisterFact<T>): string {
  if (fact.kind !== 'known') return canonicalJson(fact)
  return `{"asOf":"${fact.asOf}","kind":"known","stale":${fact.stale},"value":${valueText(fact.value)}}`
}

const listJson = (list: readonly object[]): string => (list.length === 0 ? '[]' : canonicalJson(list))

/** Facts as they are kept with a decision: RFC 8785 text and its hash. */
export function encodeFacts(facts: Facts): EncodedFacts {
  const text =
    `{"catalogue":${registerFactJson(facts.catalogue)}` +
    `,"checkIn":${registerFactJson(facts.checkIn)}` +
    `,"earlierVersion":${facts.earlierVersion === null ? 'null' : canonicalJson(facts.earlierVersion)}` +
    `,"examTables":${listJson(facts.examTables)}` +
    `,"facility":${registerFactJson(facts.facility)}` +
    `,"member":${registerFactJson(facts.member)}` +
    `,"practitioners":${registerFactJson(facts.practitioners)}` +
    `,"receivedOn":"${facts.receivedOn}"` +
    `,"referrals":${registerFactJson(facts.referrals)}` +
    `,"relations":${registerFactJson(facts.relations)}` +
    `,"visits":${listJson(facts.visits)}}`
  return { text, sha256: hash('sha256', text) }
}

/** The facts behind a kept text; `encodeFacts` of them gives that text again. */
export function decodeFacts(text: string): Facts {
  return JSON.parse(text) as Facts
}

/** The facts of a void: what was claimed by the version that it withdraws. */
export function encodeWithdrawal(claimed: Totals): EncodedFacts {
  const text = `{"withdraws":${totalsJson(claimed)}}`
  return { text, sha256: hash('sha256', text) }
}

/** The claimed totals that a void's facts name, or undefined where the facts are those of a claim. */
export function decodeWithdrawal(text: string): Totals | undefined {
  const { withdraws } = JSON.parse(text) as { withdraws?: Readonly<Record<string, unknown>> }
  return withdraws && totalsOfJson(withdraws)
}
