import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { encodeDecision } from '../../src/adjudication/encode-decision.ts'
import { phases } from '../../src/adjudication/stages/registry.ts'
import type { Amounts, Claim, ClaimLine } from '../../src/domain/claim.ts'
import type { Decision } from '../../src/domain/decision.ts'
import type { Facts } from '../../src/domain/facts.ts'
import type { Rulebook, RuleCard } from '../../src/domain/rulebook.ts'
import type { Random } from './random.ts'

/** A case with its decision, and what a law may need to ask again. */
export interface Decided {
  readonly claim: Claim
  readonly facts: Facts
  readonly rulebook: Rulebook
  readonly decision: Decision
  readonly random: Random
}
/** `undefined` where the law holds, else what broke it. */
export type Law = (of: Decided) => string | undefined

export const bytesOf = (decision: Decision): string => encodeDecision(decision, 'f').bytes.toString()

const noAlarm: Law = ({ decision: { alarms } }) => alarms?.join(', ')

const amountsAddUp: Law = ({ decision }) => {
  for (const of of [decision.decided, ...decision.lines.map(({ decided }) => decided)]) {
    if (of.fundPays + of.copay + of.selfPays + of.otherSources !== of.hospitalAmount) return `shares ${JSON.stringify(of)}`
    if (Object.values(of).some((amount: number) => amount < 0 || !Number.isSafeInteger(amount)))
      return `negative ${JSON.stringify(of)}`
    if (of.fundPays > of.insuredAmount || of.insuredAmount > of.hospitalAmount)
      return `fund, scope, hospital ${JSON.stringify(of)}`
  }
  return undefined
}

const totalsAreSums: Law = ({ decision: { decided, lines } }) => {
  const keys: readonly (keyof Amounts)[] = ['hospitalAmount', 'insuredAmount', 'fundPays', 'copay', 'selfPays', 'otherSources']
  return keys.find((key) => decided[key] !== lines.reduce((sum, line) => sum + line.decided[key], 0))
}

/** Nothing is accepted above the smaller of what was claimed and what the line's own factors give. */
const neverAboveClaimed: Law = ({ claim, decision }) => {
  const claimed = new Map<string, ClaimLine[]>()
  for (const line of claim.lines)
    claimed.set(`${line.table} ${line.stt}`, [...(claimed.get(`${line.table} ${line.stt}`) ?? []), line])
  const above = decision.lines.find(({ table, stt, decided }) => {
    const lines = claimed.get(`${table} ${stt}`)!
    return decided.hospitalAmount > Math.max(...lines.map(({ amounts }) => amounts.hospitalAmount))
  })
  return above && `${above.table} ${above.stt}`
}

const sameAgain: Law = ({ claim, facts, rulebook, decision }) =>
  bytesOf(adjudicate(structuredClone(claim), structuredClone(facts), rulebook)) === bytesOf(decision) ? undefined : 'other bytes'

const orderOfLines: Law = ({ claim, facts, rulebook, decision, random }) =>
  bytesOf(adjudicate({ ...claim, lines: shuffled(claim.lines, random) }, facts, rulebook)) === bytesOf(decision)
    ? undefined
    : 'other bytes'

const orderOfRules: Law = ({ claim, facts, rulebook, decision, random }) => {
  const shuffledPhases = phases.map((phase) => ({ ...phase, rules: shuffled(phase.rules, random) }))
  return bytesOf(adjudicate(claim, facts, rulebook, shuffledPhases)) === bytesOf(decision) ? undefined : 'other bytes'
}

/** Without its shadow rules a rulebook decides the same, but for the rulebook's name. */
const shadowsChangeNothing: Law = ({ claim, facts, rulebook, decision }) => {
  const without = adjudicate(claim, facts, withoutShadows(rulebook))
  return bytesOf({ ...without, rulebook: decision.rulebook }) === bytesOf(decision) ? undefined : 'a shadow had effect'
}

/** Registers that cannot be asked may pend; they deny nothing that the claim does not show by itself. */
const missingRegistersDenyNothing: Law = ({ claim, facts, rulebook }) => {
  const silent = { kind: 'unavailable' } as const
  const blind: Facts = {
    ...facts,
    member: silent,
    facility: silent,
    catalogue: silent,
    relations: silent,
    referrals: silent,
    practitioners: silent,
    checkIn: silent,
    visits: [],
    examTables: [],
    earlierVersion: null,
  }
  const denying = adjudicate(claim, blind, rulebook).findings.find(
    ({ severity, rule }) => severity === 'deny' && !shownByTheClaim.has(rule),
  )
  return denying?.rule
}
/** Rules whose denial rests on the claim alone. */
const shownByTheClaim = new Set(['INT-01', 'BEN-14', 'CAT-11', 'DUP-06', 'ELG-11', 'PRC-08', 'PRC-10', 'PRC-15'])

/** A denied drug or supply bears no sequence: without it the rest is settled as before. */
const takingOutDenied: Law = ({ claim, facts, rulebook, decision }) => {
  // A claim denied as a whole may be so for the very line that is taken out.
  if (decision.findings.some(({ severity, lines }) => severity === 'deny' && lines.length === 0)) return undefined
  const key = ({ table, stt }: Pick<ClaimLine, 'table' | 'stt'>) => `${table} ${stt}`
  const kinds = new Map(claim.lines.map((line) => [key(line), line.kind]))
  const denied = decision.findings
    .filter(({ severity, lines }) => severity === 'deny' && lines.length > 0)
    .flatMap(({ lines }) => lines.map(key))
    .filter((line) => kinds.get(line) === 'drug' || kinds.get(line) === 'supply')
  if (denied.length === 0 || kinds.size !== claim.lines.length || denied.length === kinds.size) return undefined
  const gone = new Set(denied)
  const rest = adjudicate({ ...claim, lines: claim.lines.filter((line) => !gone.has(key(line))) }, facts, rulebook)
  const before = decision.lines.filter((line) => !gone.has(key(line)))
  const other = rest.lines.find((line, index) => JSON.stringify(line.decided) !== JSON.stringify(before[index]!.decided))
  return other && key(other)
}

/** Codes of supplies mean nothing but themselves: renamed in claim and registers alike, they are paid alike. */
const namesOfSupplies: Law = ({ claim, facts, rulebook, decision }) => {
  const renamed = (code: string) => (code.startsWith('N') ? `Z${code.slice(1)}` : code)
  const lines = claim.lines.map((line) =>
    line.supplyCode === undefined ? line : { ...line, code: renamed(line.code), supplyCode: renamed(line.supplyCode) },
  )
  const { catalogue, relations } = facts
  const again = adjudicate(
    { ...claim, lines },
    {
      ...facts,
      ...(catalogue.kind === 'known' && {
        catalogue: {
          ...catalogue,
          value: {
            ...catalogue.value,
            entries: catalogue.value.entries.map((entry) => ({ ...entry, code: renamed(entry.code) })),
          },
        },
      }),
      ...(relations.kind === 'known' && {
        relations: { ...relations, value: relations.value.map((relation) => ({ ...relation, other: renamed(relation.other) })) },
      }),
    },
    rulebook,
  )
  return amountsOf(again) === amountsOf(decision) && again.outcome === decision.outcome ? undefined : 'other amounts'
}
const amountsOf = ({ lines, decided }: Decision): string => JSON.stringify([decided, lines.map((line) => line.decided)])

/** Laws of rules.md that hold for any claim under any registers; the dear ones are asked of a share of the cases. */
export const laws: Readonly<Record<string, { readonly law: Law; readonly every: number }>> = {
  'no rule of ours fails and no invariant breaks': { law: noAlarm, every: 1 },
  'fund, co-pay, self and other make the hospital amount; nothing is negative': { law: amountsAddUp, every: 1 },
  'decided totals are the sums of decided lines': { law: totalsAreSums, every: 1 },
  'no line is accepted above what was claimed': { law: neverAboveClaimed, every: 1 },
  'the same claim decided again gives the same bytes': { law: sameAgain, every: 5 },
  'the order of lines changes nothing': { law: orderOfLines, every: 5 },
  'the order of rules changes nothing': { law: orderOfRules, every: 5 },
  'rules in shadow change nothing': { law: shadowsChangeNothing, every: 10 },
  'taking out a denied drug or supply changes nothing else': { law: takingOutDenied, every: 1 },
  'renaming supplies in claim and registers changes nothing': { law: namesOfSupplies, every: 5 },
  'missing registers deny nothing': { law: missingRegistersDenyNothing, every: 5 },
}

function shuffled<T>(items: readonly T[], { int }: Random): readonly T[] {
  const left = [...items]
  const out: T[] = []
  while (left.length > 0) out.push(...left.splice(int(0, left.length - 1), 1))
  return out
}

const withoutShadowsOf = new WeakMap<Rulebook, Rulebook>()
function withoutShadows(rulebook: Rulebook): Rulebook {
  const known = withoutShadowsOf.get(rulebook)
  if (known) return known
  const acts = ({ states }: RuleCard) => states.some(({ value: { state } }) => state === 'active' || state === 'canary')
  const made = { ...rulebook, rules: new Map([...rulebook.rules].filter(([, card]) => acts(card))) }
  withoutShadowsOf.set(rulebook, made)
  return made
}
