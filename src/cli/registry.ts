import { createReadStream, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { listAccesses } from '../check-in/list-accesses.ts'
import { type ImportReport, importRegister } from '../eligibility/import.ts'
import { preloadMembers } from '../eligibility/preload.ts'
import { publishMembers } from '../eligibility/publish.ts'
import { REGISTER_KINDS, type RegisterKind } from '../eligibility/register-record.ts'
import { showMember } from '../eligibility/show-member.ts'
import { systemClock } from '../platform/clock.ts'
import { AskedWrongly, Failed, printJson, printLine, remark, table } from './output.ts'
import { withGateway } from './with-gateway.ts'

/** `gateway registry …`: members, facilities and the other lists that decisions rest on. */
export function registryCommands(program: Command): void {
  const registry = program.command('registry').description('members, facilities and the other lists that decisions rest on')
  registry
    .command('import')
    .description('upsert a file in bulk; a bad line is reported with its number and nothing of the file is applied')
    .argument('<kind>', REGISTER_KINDS.join(' | '))
    .argument('<file>', 'NDJSON, one object a line; the first line may be {"asOf": "2026-03-10"}')
    .option('--partial', 'apply the good lines of a file that has bad ones')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  gateway registry import members members.ndjson\n  gateway registry import facilities facilities.ndjson --json\n',
    )
    .action(importFile)
  registry
    .command('publish')
    .description('say every member of a file on the topic of members; who consumes it keeps the newest version of each')
    .argument('<file>', 'NDJSON of members, as for import')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', '\nExample:\n  gateway registry publish members.ndjson\n')
    .action(publishFile)
  registry
    .command('preload')
    .description('all members into the shared cache, packed: they are known there when the register is away')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', '\nExample:\n  gateway registry preload\n')
    .action(preload)
  registry
    .command('show')
    .description('what the gateway knows of a member, with its age; the look-up is audited')
    .argument('<what>', 'member')
    .argument('<id>', 'personal id, social insurance number or card number')
    .option('--json', 'print JSON, as it does anyway')
    .addHelpText('after', '\nExample:\n  gateway registry show member 001000000001\n')
    .action(show)
  registry
    .command('accesses')
    .description('who looked at a member, for the member to be shown; to ask is noted as well')
    .argument('<id>', 'personal id, social insurance number or card number')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  gateway registry accesses 001000000001\n')
    .action(accesses)
}

async function importFile(kind: string, file: string, { partial, json }: { partial?: boolean; json?: boolean }): Promise<void> {
  if (!REGISTER_KINDS.includes(kind as RegisterKind)) throw new AskedWrongly(`<kind> is one of ${REGISTER_KINDS.join(', ')}`)
  const bytes = sizeOf(file)
  const report = await withGateway(async (composed) => {
    const source = createReadStream(file)
    const pool = await composed.pool()
    const deps = { pool, cache: composed.cache(), keyedHash: composed.keyedHash(), clock: systemClock }
    return importRegister(kind as RegisterKind, source, deps, {
      partial: partial ?? false,
      onProgress: ({ lines }) => remark(`${basename(file)}: ${lines} lines, ${percent(source.bytesRead, bytes)}`),
    })
  })
  if (json) printJson(report)
  else describe(report).forEach(printLine)
  if (report.faultyLines > 0) throw new Failed(`${report.faultyLines} of ${report.lines} lines have faults`)
}

async function publishFile(file: string, { json }: { json?: boolean }): Promise<void> {
  sizeOf(file)
  const report = await withGateway(async (composed) => {
    const stream = await composed.stream({ onTrouble: () => {}, onFatal: () => {} })
    const deps = { stream, keyedHash: composed.keyedHash(), clock: systemClock }
    return publishMembers(createReadStream(file), deps, (published) => remark(`${basename(file)}: ${published} published`))
  })
  if (json) printJson(report)
  else {
    for (const { line, pointer, text } of report.faults) printLine(`line ${line}  ${pointer || '/'}  ${text.en}`)
    printLine(`members as of ${report.asOf}: ${report.lines} lines, ${report.published} published`)
  }
  if (report.faultyLines > 0)
    throw new Failed(`${report.faultyLines} of ${report.lines} lines have faults and were not published`)
}

async function preload({ json }: { json?: boolean }): Promise<void> {
  const report = await withGateway(async (composed) => {
    const { config } = composed
    if (config.cacheUrl === 'memory:') throw new AskedWrongly('GATEWAY_CACHE_URL names no cache that processes share')
    const [pool, cache, keyedHash] = [await composed.pool(), composed.cache(), composed.keyedHash()]
    const deps = { pool, cache, keyedHash, clock: systemClock, keepMs: config.eligibilityKeepMs }
    return preloadMembers(deps, (done, of) => remark(`preload: ${percent(done, of)}`))
  })
  if (json) printJson(report)
  else printLine(`${report.members} members in ${report.packs} packs, ${(report.ms / 1000).toFixed(1)} s`)
}

/** @throws AskedWrongly when it cannot be read */
function sizeOf(file: string): number {
  try {
    return statSync(file).size
  } catch (cause) {
    throw new AskedWrongly(`${file} cannot be read`, { cause })
  }
}

const percent = (done: number, all: number) => `${all === 0 ? 100 : Math.floor((done * 100) / all)} %`

function describe({ kind, asOf, lines, applied, unchanged, ignored, faults, faultyLines, committed }: ImportReport): string[] {
  const listed = faults.map(({ line, pointer, text }) => `line ${line}  ${pointer || '/'}  ${text.en}`)
  const more = faultyLines > faults.length ? [`… and more: ${faultyLines} lines have faults`] : []
  const result = committed
    ? `${kind} as of ${asOf}: ${lines} lines, ${applied} applied, ${unchanged} known already, ${ignored} older than what is stored`
    : `${kind}: nothing was applied; mend the lines above, or add --partial to apply the good ones`
  return [...listed, ...more, result]
}

async function show(what: string, id: string): Promise<void> {
  if (what !== 'member') throw new AskedWrongly('only members can be shown: gateway registry show member ID')
  const shown = await withGateway(async (composed) =>
    showMember({ pool: await composed.pool(), keyedHash: composed.keyedHash() }, id, `command line: ${userInfo().username}`),
  )
  if (shown.fact.kind !== 'known') throw new Failed('the register has no such member')
  printJson(shown)
}

/** Personal id, social insurance number, card number. */
const IDENTIFIER = /^(\d{12}|\d{10}|[A-Z]{2}\d{13})$/i

async function accesses(id: string, { json }: { json?: boolean }): Promise<void> {
  if (!IDENTIFIER.test(id.replaceAll(/\s/g, '')))
    throw new AskedWrongly(
      'ID is a personal id (12 digits), a social insurance number (10 digits) or a card number (two letters, 13 digits)',
    )
  const listed = await withGateway(async (composed) =>
    listAccesses({ pool: await composed.pool(), keyedHash: composed.keyedHash() }, id, `command line: ${userInfo().username}`),
  )
  if (json) return printJson(listed)
  const rows = listed.map(({ at, facilityCode, actor, purpose, action, staff }) => [
    ...[at, facilityCode ?? '', actor, purpose ?? action, staff?.name ?? ''],
  ])
  printLine(table(['at', 'facility', 'who', 'why', 'staff'], rows))
}
