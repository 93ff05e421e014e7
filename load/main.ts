import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Command } from 'commander'
import { addCheckInsCommand } from './check-ins/command.ts'
import { deckMemberLine, readDeck } from './check-ins/deck.ts'
import { reportPage } from './page.ts'
import { facilityLine, MEMBERS_MAX, memberBlocks } from './register.ts'
import { type Report, runLoad } from './run.ts'
import { calendarDate, facilityCode, integer, MIX_DEFAULT, type RawOptions, readSettings, UsageError } from './settings.ts'
import { summaryText } from './summary-text.ts'

const EXAMPLES = `
Examples:
  # once: a facility, 10,000 people and a client
  npm run load -- register --members 10000 --out members.ndjson --facility-out facility.ndjson
  npm run gateway -- registry import facilities facility.ndjson
  npm run gateway -- registry import members members.ndjson
  npm run gateway -- clients add --facility 01999 --json > client.json

  # answer time at 200 claims a second, planned arrivals
  npm run load -- --client-file client.json --members 10000 --rate 200 --seconds 60

  # the most that it decides
  npm run load -- --client-file client.json --members 10000 --mode ceiling --connections 256 --seconds 30

  # a hard day: XML too, resends, corrections and voids
  npm run load -- --client-file client.json --members 10000 --mix small=60,typical=35,large=5,xml=30,resend=3,version=3,void=1

  # the desk: see npm run load -- check-ins --help

Exit code: 0 all is well; 1 a claim was lost, doubled or contradicted, or nothing was decided; 2 asked wrongly.`

const say = (line: string) => void process.stderr.write(`${line}\n`)

function program(): Command {
  const command = new Command('load')
    .description(
      'Files synthetic claims as a hospital would, times the answers, and checks by ids that nothing was lost or doubled.',
    )
    .option('--url <url>', 'the gateway', 'http://127.0.0.1:8080')
    .option('--client-file <file>', 'JSON with client_id and client_secret (else BHYT_CLIENT_ID and BHYT_CLIENT_SECRET_FILE)')
    .option('--mode <mode>', 'open: planned arrivals at --rate; ceiling: as fast as --connections allow', 'open')
    .option('--rate <n>', 'open: claims a second', '200')
    .option('--arrivals <kind>', 'open: poisson or uniform', 'poisson')
    .option('--seconds <n>', 'length of the run', '30')
    .option('--warm-up <n>', 'seconds before it that are not counted', '3')
    .option('--connections <n>', 'ceiling: connections', '256')
    .option('--in-flight <n>', 'open: requests under way at most; arrivals beyond are dropped and counted', '4000')
    .option('--wait <n>', 'seconds to wait for a decision, 0 for a receipt at once', '10')
    .option('--mix <shares>', 'sizes as parts of each other; xml, resend, version, void in per cent', MIX_DEFAULT)
    .option('--facility <code>', 'the facility of the client', '01999')
    .option('--members <n>', 'people of the register to file for', '10000')
    .option('--date <day>', 'day of the visits', '2026-03-10')
    .option('--seed <n>', 'the same seed plans the same run', '1')
    .option('--run <name>', 'begins every MA_LK of the run (default: made from the time)')
    .option('--settle <n>', 'seconds that receipted claims may take to be decided', '60')
    .option('--no-check', 'do not look for lost and doubled claims afterwards')
    .option('--out <path>', 'path of the report without its ending; .json and .html are written', 'load-report')
    .option('--json', 'print the report as JSON instead of a table')
    .addHelpText('after', EXAMPLES)
    .enablePositionalOptions()
    .action(run)
  command
    .command('register')
    .description('writes a synthetic register to import: the people and the facility of the claims')
    .option('--members <n>', `people, up to ${MEMBERS_MAX}`, '10000')
    .option('--facility <code>', 'where they are registered', '01999')
    .option('--date <day>', 'a day of the year that their cards cover', '2026-03-10')
    .option('--out <file>', 'people', 'members.ndjson')
    .option('--facility-out <file>', 'the facility (not written unless named)')
    .option('--deck <folder>', 'also the people of these synthetic cards')
    .addHelpText(
      'after',
      '\nExample:\n  npm run load -- register --members 100000 --out members.ndjson --facility-out facility.ndjson',
    )
    .action(writeRegister)
  addCheckInsCommand(command, say)
  return command
}

async function run(raw: RawOptions): Promise<void> {
  const settings = readSettings(raw, process.env)
  const report = await runLoad(settings, say)
  await mkdir(dirname(settings.out), { recursive: true })
  await writeFile(`${settings.out}.json`, `${JSON.stringify(report, undefined, 2)}\n`)
  await writeFile(`${settings.out}.html`, reportPage(report))
  process.stdout.write(raw.json ? `${JSON.stringify(report)}\n` : summaryText(report))
  say(`written: ${settings.out}.json, ${settings.out}.html`)
  process.exitCode = isGood(report) ? 0 : 1
}

const isGood = ({ sound, summary }: Report) => sound && summary.outcomes.decided + summary.outcomes.receipted > 0

interface RegisterOptions {
  readonly members: string
  readonly facility: string
  readonly date: string
  readonly out: string
  readonly facilityOut?: string
  readonly deck?: string
}

async function writeRegister(own: RegisterOptions): Promise<void> {
  const options = { facility: facilityCode(own.facility), date: calendarDate(own.date) }
  const members = integer('--members', own.members, 1, MEMBERS_MAX)
  const file = createWriteStream(own.out)
  for (const block of memberBlocks(members, options)) if (!file.write(block)) await once(file, 'drain')
  const cards = own.deck === undefined ? [] : readDeck(own.deck)
  for (const [index, card] of cards.entries()) file.write(`${deckMemberLine(card, index, options)}\n`)
  file.end()
  await once(file, 'finish')
  if (own.facilityOut) await writeFile(own.facilityOut, `${facilityLine(options.facility)}\n`)
  say(`${members + cards.length} people written to ${own.out}`)
}

try {
  await program().exitOverride().parseAsync()
} catch (cause) {
  const usage = cause instanceof UsageError || (cause instanceof Error && cause.name === 'CommanderError')
  const shown = usage && (cause as { exitCode?: number }).exitCode === 0
  if (!shown) say(cause instanceof Error ? cause.message : String(cause))
  process.exitCode = shown ? 0 : usage ? 2 : 1
}
