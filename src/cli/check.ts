import { join } from 'node:path'
import type { Command } from 'commander'
import { loadRulebook } from '../adjudication/rulebook/load.ts'
import { systemClock, vietnamDate } from '../platform/clock.ts'
import { checkFiles, type RegisterFiles } from './check-files.ts'
import { AskedWrongly, Failed, printJson, printLine } from './output.ts'
import { describeCheck } from './print-check.ts'

interface Options extends RegisterFiles {
  readonly json?: boolean
  readonly lang: string
  readonly rulebook: string
}

/** `gateway claims check`: what the hospital's own check says, without any service. */
export function checkCommand(claims: Command): void {
  claims
    .command('check')
    .description('check files offline: what the claim itself shows, by the rulebook of this release')
    .argument('<files...>', 'files in the national format, JSON or XML')
    .option('--json', 'print the result as JSON')
    .option('--lang <language>', 'vi or en', 'vi')
    .option('--facility <file>', "the facility's row, as for `registry import facilities`")
    .option('--member <file>', "patients' rows, as for `registry import members`")
    .option('--catalogue <file>', "the facility's lists, as for `registry import catalogue`")
    .option(
      '--rulebook <dir>',
      'the rulebook',
      process.env['GATEWAY_RULEBOOK_DIR'] ?? join(import.meta.dirname, '../../rulebook'),
    )
    .addHelpText(
      'after',
      '\nExit 0: every claim passes; 1: something was found; 2: asked wrongly.\n\nExamples:\n  gateway claims check visit.xml\n  gateway claims check march/*.json --lang en --catalogue catalogue.ndjson\n  gateway claims check visit.json --json | jq .files[0].claims[0].findings\n',
    )
    .action(check)
}

async function check(files: readonly string[], options: Options): Promise<void> {
  const { lang, json } = options
  if (lang !== 'vi' && lang !== 'en') throw new AskedWrongly('--lang is vi or en')
  const rulebook = await loadRulebook(options.rulebook)
  const checked = checkFiles(files, rulebook, options, vietnamDate(systemClock.now()))
  const { version, sha256 } = rulebook
  if (json) printJson({ rulebook: { version, sha256 }, files: checked })
  else printLine(describeCheck(checked, rulebook, lang))
  const found = checked.flatMap(({ claims }) => claims).filter(({ ok }) => !ok).length
  if (found > 0) throw new Failed(`${found} of ${checked.flatMap(({ claims }) => claims).length} claims do not pass`)
}
