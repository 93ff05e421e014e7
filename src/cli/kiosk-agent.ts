import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { loadCard } from '../check-in/test-authority/write-authority.ts'
import { readConfig } from '../config.ts'
import { systemClock } from '../platform/clock.ts'
import { AskedWrongly, printLine, remark } from './output.ts'
import { startSimulatedReader } from './simulated-reader.ts'

const PAIRING_BYTES = 4

/** `gateway kiosk-agent`: a simulated reader for the page at `/kiosk`. */
export function kioskAgentCommand(program: Command, gatewayUrl: string): void {
  program
    .command('kiosk-agent')
    .description("a card reader's program for the page at /kiosk, on simulated cards (docs/kiosk-agent.md)")
    .requiredOption('--simulate', 'play cards of a test authority; there is no other way here')
    .requiredOption('--cards <folder>', 'the folder that `gateway trust make-test-authority` wrote, or its cards/')
    .option('--card <name>', 'the card that lies on the reader at the start, such as 0000-genuine')
    .option('--read-ms <ms>', 'how long a chip takes', '1200')
    .option('--origin <url>', 'the gateway whose page may call', gatewayUrl)
    .option('--pairing <code>', 'asked for at the sign-in of the kiosk; made up when absent')
    .addHelpText(
      'after',
      `
Examples:
  gateway trust make-test-authority --out test-authority
  gateway kiosk-agent --simulate --cards test-authority --card 0000-genuine
`,
    )
    .action(simulate)
}

interface Options {
  readonly cards: string
  readonly card?: string
  readonly readMs: string
  readonly origin: string
  readonly pairing?: string
}

async function simulate(options: Options): Promise<void> {
  const folder = existsSync(join(options.cards, 'cards')) ? join(options.cards, 'cards') : options.cards
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : []
  if (files.length === 0)
    throw new AskedWrongly('there is no card in that folder: gateway trust make-test-authority --out FOLDER')
  const cards = new Map(files.sort().map((name) => [basename(name, '.json'), loadCard(join(folder, name))]))
  const readMs = Number(options.readMs)
  if (!Number.isInteger(readMs) || readMs < 0) throw new AskedWrongly('--read-ms is a whole number of milliseconds')
  const pairing = options.pairing ?? randomBytes(PAIRING_BYTES).toString('hex')
  const port = Number(new URL(readConfig(process.env).kioskAgentUrl).port)
  const reader = await startSimulatedReader({ cards, origin: new URL(options.origin).origin, pairing, port, clock: systemClock })
  reader.slow(readMs)
  if (options.card !== undefined && !reader.lay(options.card)) {
    await reader.stop()
    throw new AskedWrongly(`there is no card ${options.card}; there are ${[...cards.keys()].join(', ')}`)
  }
  printLine(`Reader: ${reader.url}`)
  printLine(`Pairing code: ${pairing}`)
  remark(`cards: ${[...cards.keys()].join(', ')}`)
  remark(
    `lay one on: curl -H 'X-Pairing-Code: ${pairing}' -d '{"card": "NAME"}' ${reader.url}/simulator/card  (null takes it away)`,
  )
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await reader.stop()
}
