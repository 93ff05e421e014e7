import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { encodeDecision } from '../../src/adjudication/encode-decision.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { Claim } from '../../src/domain/claim.ts'
import { type CatalogueEntry, catalogueLists, type Facts, type RegisterFact } from '../../src/domain/facts.ts'
import { claimOf } from '../../src/national/claim-of.ts'
import { readRecord } from '../../src/national/read-body.ts'
import { root } from '../support/run.ts'
import type { Figure } from './figures.ts'
import type { BenchOptions } from './options.ts'

const linesOf = [12, 100, 800]

/** Microseconds to decide claims of 12, 100 and 800 lines, alone and as a ratio to `JSON.parse` of the same claim: no service, one thread. */
export async function benchDecide({ seconds, repeats }: BenchOptions): Promise<Figure[]> {
  const rulebook = await loadRulebook(join(root, 'rulebook'))
  const cases = linesOf.map((lines) => {
    const text = claimText(lines)
    const { wire, release } = readRecord(Buffer.from(text), 'application/json')
    const claim = claimOf(wire, release)
    return { lines, text, claim, facts: factsFor(claim) }
  })
  const budgetMs = Math.min(1_000, (seconds * 1_000) / (cases.length * 3))
  return cases.flatMap(({ lines, text, claim, facts }) => {
    const decision = adjudicate(claim, facts, rulebook)
    if (decision.outcome !== 'accept')
      throw new Error(`the claim of the benchmark is not accepted: ${JSON.stringify(decision.findings[0])}`)
    const decide: number[] = []
    const encode: number[] = []
    const parse: number[] = []
    for (let repeat = 0; repeat < repeats; repeat++) {
      parse.push(microsOf(() => JSON.parse(text), budgetMs))
      decide.push(microsOf(() => adjudicate(claim, facts, rulebook), budgetMs))
      encode.push(microsOf(() => encodeDecision(decision, 'f'), budgetMs))
    }
    const goal = lines === 12 ? { goal: '< 100' } : {}
    return [
      { name: `adjudicate, ${lines} lines`, unit: 'µs', values: decide, ...goal },
      { name: `the same a line`, unit: 'µs', values: decide.map((micros) => micros / lines) },
      { name: `the same ÷ JSON.parse of the claim`, unit: '', values: decide.map((micros, index) => micros / parse[index]!) },
      { name: `encode the decision, ${lines} lines`, unit: 'µs', values: encode },
    ]
  })
}

/** Mean time of a call in the second half of the budget; the first half warms up. */
function microsOf(call: () => unknown, budgetMs: number): number {
  run(call, budgetMs / 2)
  const { calls, ms } = run(call, budgetMs / 2)
  return (ms * 1_000) / calls
}
function run(call: () => unknown, ms: number): { calls: number; ms: number } {
  const start = performance.now()
  let calls = 0
  do {
    for (let index = 0; index < 10; index++) call()
    calls += 10
  } while (performance.now() - start < ms)
  return { calls, ms: performance.now() - start }
}

type Row = Record<string, string>
type Wire = { XML1: Row; XML2: Row[]; XML3: Row[] } & Record<string, Row | Row[]>

/** Sample 01 with more of the same: drugs, a test, a supply, each of its own code and minute, and totals that add up. */
function claimText(lines: number): string {
  const sample = JSON.parse(readFileSync(join(root, 'test/fixtures/samples/01-outpatient-80pct.json'), 'utf8')) as Wire
  const [drug, exam, image, supply] = [sample.XML2[0]!, sample.XML3[0]!, sample.XML3[2]!, sample.XML3[3]!]
  const rows: [Row[], Row[]] = [[], [exam]]
  for (let number = 0; number < lines - 1; number++) {
    const minute = 15 + (number % 90)
    const at = `20260310${String(8 + Math.floor(minute / 60)).padStart(2, '0')}${String(minute % 60).padStart(2, '0')}`
    const times = { NGAY_YL: at, NGAY_TH_YL: at, NGAY_KQ: at }
    const code = String(number % 300).padStart(4, '0')
    if (number % 6 < 4) rows[0].push({ ...drug, NGAY_YL: at, NGAY_TH_YL: at, MA_THUOC: `40.${code}` })
    else if (number % 6 === 4) rows[1].push({ ...image, ...times, MA_DICH_VU: `18.${code}.${String(number).padStart(4, '0')}` })
    else rows[1].push({ ...supply, ...times, MA_VAT_TU: `N00.00.000.0000.000.${code}` })
  }
  const numbered = (table: readonly Row[]): Row[] => table.map((row, index) => ({ ...row, STT: String(index + 1) }))
  const [XML2, XML3] = [numbered(rows[0]), numbered(rows[1])]
  const sum = (of: readonly Row[], field: string) =>
    (of.reduce((total, row) => total + Math.round(Number(row[field]) * 100), 0) / 100).toFixed(2)
  const all = [...XML2, ...XML3]
  const totals: Row = {
    T_THUOC: sum(XML2, 'THANH_TIEN_BV'),
    T_VTYT: sum(
      XML3.filter((row) => row['MA_VAT_TU']),
      'THANH_TIEN_BV',
    ),
    T_TONGCHI_BV: sum(all, 'THANH_TIEN_BV'),
    T_TONGCHI_BH: sum(all, 'THANH_TIEN_BH'),
    T_BNTT: sum(all, 'T_BNTT'),
    T_BNCCT: sum(all, 'T_BNCCT'),
    T_BHTT: sum(all, 'T_BHTT'),
    T_BHTT_GDV: sum(all, 'T_BHTT'),
  }
  return JSON.stringify({ ...sample, XML1: { ...sample.XML1, ...totals }, XML2, XML3 })
}

/** Every register known, and every code of the claim in its list at the claimed price. */
function factsFor(claim: Claim): Facts {
  const known = <T>(value: T): RegisterFact<T> => ({ kind: 'known', value, asOf: '2026-12-31', stale: false })
  const [member, facility] = ['members', 'facilities'].map((name) => {
    const lines = readFileSync(join(root, 'test/fixtures/register', `${name}.ndjson`), 'utf8').split('\n')
    const rows = lines.flatMap((line) =>
      line.includes('"asOf":') && !line.includes('"version"') && !line.includes('"code"') ? [] : line ? [JSON.parse(line)] : [],
    )
    return rows.find((row) => row.personalId === claim.patient.personalId || row.code === claim.facilityCode)
  })
  const entries = new Map<string, CatalogueEntry>()
  for (const line of claim.lines) {
    const list = line.kind === 'drug' || line.kind === 'supply' || line.kind === 'bed' ? line.kind : 'service'
    entries.set(`${list} ${line.code}`, {
      list,
      facilityCode: claim.facilityCode,
      code: line.code,
      unitPriceMilli: line.unitPriceHospitalMilli,
      payableUnitPriceMilli: null,
      paymentRateBp: line.insuredRateBp,
      rateLiftedForSign1: true,
      scope: 1,
      inPackageCap: false,
      validFrom: '2025-01-01',
      validTo: null,
    })
  }
  return {
    receivedOn: '2026-03-11',
    member: known(member),
    facility: known(facility),
    visits: [],
    earlierVersion: null,
    catalogue: known({ loaded: catalogueLists, entries: [...entries.values()] }),
    relations: known([]),
    referrals: { kind: 'none', asOf: null },
    practitioners: { kind: 'none', asOf: null },
    examTables: [],
    checkIn: { kind: 'none', asOf: null },
  }
}
