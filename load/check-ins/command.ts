import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Command } from 'commander'
import { MIX_DEFAULT } from '../settings.ts'
import { deskReportPage } from './page.ts'
import { runDesk } from './run.ts'
import { type RawDeskOptions, readDeskSettings } from './settings.ts'
import { deskSummaryText } from './summary-text.ts'

const EXAMPLES = `
Examples:
  # once: cards of people who do not exist, trusted by the gateway and known to its register
  npm run gateway -- trust make-test-authority --out deck --citizens 100
  npm run load -- register --members 10000 --deck deck --out members.ndjson --facility-out facility.ndjson

  # 10,000 check-ins at 300 a second, one of ten by chip, with claims at 200 a second beside them
  npm run load -- check-ins --client-file client.json --rate 300 --count 10000 --with-claims 200 --chip 10 --deck deck

  # by printed card alone, nothing beside them
  npm run load -- check-ins --client-file client.json --rate 300 --count 10000

Exit code: 0 all is well; 1 somebody was turned away, or an answer was faulty, doubled, changed or recorded nowhere, or a claim was lost; 2 asked wrongly.`

/** `load check-ins`: the desk's lane, open loop. */
export function addCheckInsCommand(program: Command, say: (line: string) => void): void {
  program
    .command('check-ins')
    .description('checks people in as kiosks and desks would, at planned times, with claims beside them if wanted')
    .option('--url <url>', 'the gateway', 'http://127.0.0.1:8080')
    .option('--client-file <file>', 'JSON with client_id and client_secret (else BHYT_CLIENT_ID and BHYT_CLIENT_SECRET_FILE)')
    .option('--rate <n>', 'check-ins a second', '300')
    .option('--count <n>', 'check-ins', '10000')
    .option('--arrivals <kind>', 'poisson or uniform', 'poisson')
    .option('--with-claims <n>', 'claims a second beside them', '0')
    .option('--mix <shares>', 'of the claims, as without this command', MIX_DEFAULT)
    .option('--chip <percent>', 'share that comes by chip; needs --deck', '0')
    .option('--deck <folder>', 'synthetic cards of gateway trust make-test-authority')
    .option('--warm-up <n>', 'seconds before it that are not counted', '3')
    .option('--in-flight <n>', 'requests under way at most; arrivals beyond are dropped and counted', '4000')
    .option('--facility <code>', 'the facility of the client', '01999')
    .option('--members <n>', 'people of the register to check in', '10000')
    .option('--date <day>', "day of the claims' visits", '2026-03-10')
    .option('--seed <n>', 'the same seed plans the same run', '1')
    .option('--run <name>', 'begins every MA_LK of the run (default: made from the time)')
    .option('--again <n>', 'check-ins sent a second time afterwards: the answer must be the same', '200')
    .option('--settle <n>', 'seconds that claims may take to be decided, and check-ins to be recorded', '60')
    .option('--out <path>', 'path of the report without its ending; .json and .html are written', 'check-in-report')
    .option('--json', 'print the report as JSON instead of a table')
    .addHelpText('after', EXAMPLES)
    .action((raw: RawDeskOptions) => run(raw, say))
}

async function run(raw: RawDeskOptions, say: (line: string) => void): Promise<void> {
  const settings = readDeskSettings(raw, process.env)
  const report = await runDesk(settings, say)
  await mkdir(dirname(settings.out), { recursive: true })
  await writeFile(`${settings.out}.json`, `${JSON.stringify(report, undefined, 2)}\n`)
  await writeFile(`${settings.out}.html`, deskReportPage(report))
  process.stdout.write(raw.json ? `${JSON.stringify(report)}\n` : deskSummaryText(report))
  say(`written: ${settings.out}.json, ${settings.out}.html`)
  const { admitted, provisional } = report.checkIns.outcomes
  process.exitCode = report.sound && admitted + provisional > 0 ? 0 : 1
}
