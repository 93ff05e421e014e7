import type { Command } from 'commander'
import { reviewStays, type StayNamed, type StayToReview } from '../adjudication/review-stays.ts'
import { printJson, printLine, remark, table } from './output.ts'
import { progress, sinceOf } from './since.ts'
import { withGateway } from './with-gateway.ts'

/** Stays listed; the rest is counted. */
const LISTED_MAX = 1_000

interface Options {
  readonly since?: string
  readonly json?: boolean
}

/** `gateway review …`: what a reviewer has to look at beyond the claims that wait. */
export function reviewCommands(program: Command): void {
  const review = program.command('review').description('what a reviewer has to look at beyond the claims that wait')
  review
    .command('stays')
    .description(
      'decided stays that a later one at another facility overlaps (DUP-03): the later waits, these are to be looked at again',
    )
    .option('--since <date>', 'later stays received since a date (Vietnam) or an instant')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  gateway review stays\n  gateway review stays --since 2026-03-01 --json\n')
    .action(stays)
}

async function stays({ since, json }: Options): Promise<void> {
  const from = sinceOf(since).since
  const listed: StayToReview[] = []
  let found = 0
  const on = {
    found(one: StayToReview) {
      found++
      if (listed.length < LISTED_MAX) listed.push(one)
    },
    progress: progress('looked at'),
  }
  const claims = await withGateway(async ({ ledger }) => reviewStays(await ledger(), from, on))
  if (json) return printJson({ claims, found, since: from ?? null, items: listed })
  printLine(describeStays(claims, found, listed))
  if (found > listed.length) remark(`${found - listed.length} more; narrow with --since`)
}

export function describeStays(claims: number, found: number, listed: readonly StayToReview[]): string {
  const head = `${found} decided stays to look at again, of ${claims} claims`
  if (listed.length === 0) return head
  const cells = (one: StayNamed) => [`${one.claimId}.${one.version}`, one.facilityCode, `${one.from} – ${one.to}`]
  const columns = ['stay', 'facility', 'days', 'waits because of it', 'facility', 'days']
  return `${head}\n\n${table(
    columns,
    listed.map(({ stay, waiting }) => [...cells(stay), ...cells(waiting)]),
  )}`
}
