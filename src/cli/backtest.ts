import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import type { Command } from 'commander'
import { type BacktestReport, backtest } from '../adjudication/backtest.ts'
import type { ChangedClaim, Row } from '../adjudication/backtest-tally.ts'
import { engineHash } from '../adjudication/engine-hash.ts'
import { loadRulebook } from '../adjudication/rulebook/load.ts'
import type { Rulebook } from '../domain/rulebook.ts'
import { backtestPage } from './backtest-page.ts'
import { AskedWrongly, Failed, printJson, printLine, remark, table } from './output.ts'
import { progress, sinceOf } from './since.ts'
import { withGateway } from './with-gateway.ts'

interface Options {
  readonly rulebook: string
  readonly since?: string
  readonly json?: boolean
  readonly html?: string
  readonly changes?: string
}

/** `gateway backtest`: what another rulebook would have decided. */
export function backtestCommand(program: Command): void {
  program
    .command('backtest')
    .description('decide stored claims under another rulebook folder and report what changes; stores nothing')
    .requiredOption('--rulebook <dir>', 'the folder of the other rulebook')
    .option('--since <date>', 'what was received since a date (Vietnam) or an instant')
    .option('--json', 'print JSON')
    .option('--html <file>', 'write a page with plots that needs nothing from elsewhere')
    .option('--changes <file>', 'write every claim that changes, one JSON object a line')
    .addHelpText('after', '\nExample:\n  gateway backtest --rulebook ./rulebook-2027 --since 2026-10-01 --html diff.html\n')
    .action(run)
}

async function run({ rulebook: dir, since, json, html, changes }: Options): Promise<void> {
  const from = sinceOf(since).since
  const rulebook = await readFolder(dir)
  // Before the run: a path that cannot be written is said at once.
  const page = html === undefined ? undefined : openFile(html)
  const file = changes === undefined ? undefined : openFile(changes)
  const on = {
    progress: progress('decided'),
    changed: (claim: ChangedClaim) => {
      if (file !== undefined) writeSync(file, `${JSON.stringify(claim)}\n`)
    },
  }
  const report = await withGateway(async (composed) => {
    const deps = { ledger: await composed.ledger(), engineSha256: await engineHash() }
    return backtest(deps, rulebook, from, on)
  }).finally(() => file !== undefined && closeSync(file))
  if (page !== undefined) writeFileSync(page, backtestPage(report))
  if (json) printJson(report)
  else printLine(describeBacktest(report))
  for (const line of remarksOf(report)) remark(line)
  const { claims, first } = report.notDecided
  if (claims > 0) throw new Failed(`${claims} stored claim(s) could not be decided, first ${first.join(', ')}`)
}

/** @throws AskedWrongly with every fault of the folder */
async function readFolder(dir: string): Promise<Rulebook> {
  try {
    return await loadRulebook(dir)
  } catch (cause) {
    throw new AskedWrongly(`${dir}: ${cause instanceof Error ? cause.message : 'cannot be read'}`, { cause })
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'w')
  } catch (cause) {
    throw new AskedWrongly(`${path} cannot be written`, { cause })
  }
}

const COLUMNS = ['claims', 'lines', 'fund', 'patient', 'other', 'hospital', 'moved']
const cellsOf = (row: Omit<Row, 'key'>): string[] => [
  String(row.claims),
  String(row.lines),
  row.fund,
  row.patient,
  row.otherSources,
  row.hospital,
  row.moved,
]
const rowsOf = (name: string, rows: readonly Row[]): string =>
  table(
    [name, ...COLUMNS],
    rows.map((row) => [row.key, ...cellsOf(row)]),
  )
/** Of the claims named in the report. */
const SHOWN_MAX = 10

/** For people; what each bears more, in đồng. */
export function describeBacktest(report: BacktestReport): string {
  const { total, compared, rulebook } = report
  const head = `${total.claims} of ${compared} claims change under rulebook ${rulebook.version} (${rulebook.sha256.slice(0, 16)}…); ${report.reworded} say the same in other words`
  if (total.claims === 0) return head
  const top = report.top.slice(0, SHOWN_MAX)
  return [
    head,
    '',
    `đồng that each bears more:`,
    rowsOf('', [{ key: 'all', ...total }]),
    '',
    rowsOf('rule', report.byRule),
    '',
    rowsOf('level', report.byLevel),
    '',
    rowsOf('province', report.byProvince),
    '',
    rowsOf('card group', report.byCardGroup),
    '',
    table(
      ['before', 'after', 'claims'],
      report.outcomes.map(({ before, after, claims }) => [before, after, String(claims)]),
    ),
    '',
    table(
      [`claim (first ${top.length})`, 'facility', 'before', 'after', 'fund', 'patient', 'hospital', 'rules'],
      top.map((claim) => [
        `${claim.claimId}.${claim.version}`,
        claim.facilityCode,
        claim.outcome.before,
        claim.outcome.after,
        claim.fund,
        claim.patient,
        claim.hospital,
        claim.rules.join(', '),
      ]),
    ),
  ].join('\n')
}

function remarksOf({ factsNotKept, otherEngine, voids }: BacktestReport): string[] {
  const facts = Object.entries(factsNotKept.byFact).map(([name, claims]) => `${name} of ${claims}`)
  return [
    ...(factsNotKept.claims > 0 ? [`${factsNotKept.claims} not compared, facts not kept: ${facts.join(', ')}`] : []),
    ...(otherEngine > 0 ? [`${otherEngine} were decided by another engine: what changes there may be the engine's doing`] : []),
    ...(voids > 0 ? [`${voids} withdrawn`] : []),
  ]
}
