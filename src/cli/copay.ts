import type { Command } from 'commander'
import { type Miscounted, type ReconcileReport, reconcileCopay } from '../adjudication/reconcile.ts'
import { openAdjudication } from '../main.ts'
import { printJson, printLine, remark, table } from './output.ts'
import { progress, sinceOf } from './since.ts'
import { withGateway } from './with-gateway.ts'

/** Claims listed; the rest is counted. */
const LISTED_MAX = 1_000

interface Options {
  readonly since?: string
  readonly all?: boolean
  readonly json?: boolean
}

/** `gateway copay …`: the co-pay of a year, as decisions counted it. */
export function copayCommands(program: Command): void {
  const copay = program.command('copay').description('the co-pay that decisions counted for a year')
  copay
    .command('reconcile')
    .description(
      'claims that counted another co-pay than would be counted now, and what deciding again would change; decides nothing',
    )
    .option('--since <date>', 'claims received since a date (Vietnam) or an instant')
    .option('--all', 'also claims whose decision would stay the same')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  gateway copay reconcile --since 2026-01-01\n')
    .action(reconcile)
}

async function reconcile({ since, all, json }: Options): Promise<void> {
  const from = sinceOf(since).since
  const listed: Miscounted[] = []
  const found = (one: Miscounted) => {
    if (listed.length < LISTED_MAX && (all || one.change !== 'none')) listed.push(one)
  }
  const report = await withGateway(async (composed) =>
    reconcileCopay(await openAdjudication(composed), from, { found, progress: progress('looked at') }),
  )
  if (json) return printJson({ ...report, since: from ?? null, items: listed })
  printLine(describeReconciled(report, listed))
  const more = (all ? report.miscounted : report.changed) - listed.length
  if (more > 0) remark(`${more} more; narrow with --since`)
}

export function describeReconciled(report: ReconcileReport, listed: readonly Miscounted[]): string {
  const { claims, miscounted, changed, registerUnavailable } = report
  const head = `${miscounted} of ${claims} claims counted another co-pay than now; ${changed} would be decided otherwise${
    registerUnavailable > 0 ? `; the register could not be asked for ${registerUnavailable}` : ''
  }`
  if (listed.length === 0) return head
  const rows = listed.map(({ claimId, version, facilityCode, year, counted, register, visits, change }) => [
    `${claimId}.${version}`,
    facilityCode,
    String(year),
    counted.before,
    counted.now,
    [...(register ? ['register'] : []), ...visits.map((visit) => visit.claimId)].join(' '),
    change === null ? 'rulebook not to hand' : change === 'none' ? 'same' : `${change.outcome.before} → ${change.outcome.after}`,
    change === null || change === 'none' ? '' : change.money.fund,
    change === null || change === 'none' ? '' : change.money.patient,
  ])
  const columns = ['claim', 'facility', 'year', 'counted', 'now', 'because of', 'decision', 'fund', 'patient']
  return `${head}\n\n${table(columns, rows)}`
}
