import type { Facts, RegisterFact, Visit } from '../domain/facts.ts'
import { decodeFacts } from './encode-facts.ts'

type RegisterName = 'catalogue' | 'checkIn' | 'practitioners' | 'referrals' | 'relations'
const registerNames: readonly RegisterName[] = ['catalogue', 'checkIn', 'practitioners', 'referrals', 'relations']

/** Facts as an earlier engine kept them, which may not have known all that rules ask for today. */
export interface KeptFacts {
  /** Register facts that were not kept. */
  readonly lacking: readonly RegisterName[]
  /**
   * Facts to decide with: what is lacking cannot be asked, but for one that is said to be empty. A rule that reads another fact that was
   * not kept is noted in `asked`.
   */
  readonly facts: (empty?: RegisterName) => Facts
  readonly asked: ReadonlySet<string>
}

export function readKeptFacts(text: string): KeptFacts {
  const kept = decodeFacts(text)
  const lacking = registerNames.filter((name) => kept[name] === undefined)
  const asked = new Set<string>()
  const whole = noting(withDetails(kept, asked), 'examTables', asked)
  const facts = (empty?: RegisterName): Facts => {
    if (lacking.length === 0) return whole
    const stands = lacking.map((name) => [name, name === empty ? none : unavailable] as const)
    return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(whole), ...valuesOf(stands) }) as Facts
  }
  return { lacking, facts, asked }
}
const none: RegisterFact<never> = { kind: 'none', asOf: null }
const unavailable: RegisterFact<never> = { kind: 'unavailable' }
const valuesOf = (entries: readonly (readonly [string, unknown])[]): PropertyDescriptorMap =>
  Object.fromEntries(entries.map(([name, value]) => [name, { value, enumerable: true }]))

/** The object as it is, or with a member in the place of the missing one that notes when it is read. */
function noting<T extends object>(of: T, name: keyof T & string, asked: Set<string>, label: string = name): T {
  if (of[name] !== undefined) return of
  return Object.defineProperty({ ...of }, name, {
    enumerable: true,
    get() {
      asked.add(label)
      return nothing
    },
  })
}
/** An empty list, and the details of a visit of which nothing is known. */
const nothing = Object.assign([], { category: '', slip: null, exams: [], supply: [] })

function withDetails(kept: Facts, asked: Set<string>): Facts {
  const known = ({ details }: Visit) => details !== undefined
  if (kept.visits.every(known)) return kept
  return { ...kept, visits: kept.visits.map((visit) => noting(visit, 'details', asked, 'visits.details')) }
}
