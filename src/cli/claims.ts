import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Explanation } from '../domain/explanation.ts'
import { checkCommand } from './check.ts'
import { createGatewayClient, credentialsFrom, type GatewayClient, type HttpAnswer } from './client.ts'
import { AskedWrongly, Failed, printJson, printLine } from './output.ts'
import { describeAnswer, type ShownAnswer } from './print-decision.ts'
import { describeExplanation } from './print-explanation.ts'

interface Options {
  readonly url: string
  readonly wait: string
  readonly clientFile?: string
  readonly json?: boolean
}

/** `gateway claims …`: over HTTP, as a hospital would. */
export function claimCommands(program: Command, defaultUrl: string): void {
  const claims = program.command('claims').description('file claims and read decisions over HTTP, as a hospital would')
  claims
    .command('submit')
    .description('file JSON or XML claims and show each decision')
    .argument('<files...>', 'files in the national format')
    .option('--url <url>', 'where the gateway listens', defaultUrl)
    .option('--client-file <file>', 'what `clients add --json` printed; else BHYT_CLIENT_ID and BHYT_CLIENT_SECRET_FILE')
    .option('--wait <seconds>', 'how long to wait for the decision, 0 to 15', '12')
    .option('--json', 'print the answers as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  gateway claims submit visit.xml --client-file client.json\n  BHYT_CLIENT_ID=… BHYT_CLIENT_SECRET_FILE=secret gateway claims submit visit.xml --wait 12\n',
    )
    .action(submit)
  claims
    .command('show')
    .description('the decision of a claim and why each amount was decided')
    .argument('<claim-id>')
    .option('--url <url>', 'where the gateway listens', defaultUrl)
    .option('--client-file <file>', 'what `clients add --json` printed; else BHYT_CLIENT_ID and BHYT_CLIENT_SECRET_FILE')
    .option('--version <number>', 'a version; the one that counts now without it')
    .option('--lang <language>', 'vi or en', 'vi')
    .option('--width <columns>', `of the text, from ${WIDTH_MIN}; that of the terminal without it`)
    .option('--json', 'print the explanation as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  gateway claims show c_5m3… --client-file client.json\n  gateway claims show c_5m3… --lang en --width 100\n',
    )
    .action(show)
  checkCommand(claims)
}

async function submit(files: readonly string[], options: Options): Promise<void> {
  const wait = Number(options.wait)
  if (!(wait >= 0 && wait <= 15)) throw new AskedWrongly('--wait is a number of seconds from 0 to 15')
  const client = await createGatewayClient(options.url, credentialsFrom(process.env, options.clientFile))
  const answers: { file: string; status: number; answer: unknown }[] = []
  for (const file of files) {
    const { status, body } = await submitFile(client, file, wait)
    answers.push({ file, status, answer: body })
    if (!options.json) printLine(describe(file, status, body))
  }
  if (options.json) printJson(answers)
  const refused = answers.filter(({ status }) => status >= 300).length
  if (refused > 0) throw new Failed(`${refused} of ${files.length} files were refused`)
}

/** Files one file; JSON or XML is told by its first byte. */
export function submitFile(client: GatewayClient, file: string, waitS: number): Promise<HttpAnswer> {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    throw new AskedWrongly(`${file} cannot be read`, { cause })
  }
  const isXml = bytes.toString('utf8', 0, 64).trimStart().replace('\uFEFF', '').startsWith('<')
  return client.post('/v1/claims', isXml ? 'application/xml' : 'application/json', bytes, { prefer: `wait=${waitS}` })
}

interface ShowOptions extends Options {
  readonly version?: string
  readonly lang: string
  readonly width?: string
}

async function show(claimId: string, options: ShowOptions): Promise<void> {
  const { lang, version } = options
  if (lang !== 'vi' && lang !== 'en') throw new AskedWrongly('--lang is vi or en')
  const width = widthOf(options.width)
  const client = await createGatewayClient(options.url, credentialsFrom(process.env, options.clientFile))
  const query = version === undefined ? '' : `?version=${encodeURIComponent(version)}`
  const { status, body } = await client.get(`/v1/claims/${encodeURIComponent(claimId)}/explanation${query}`)
  if (status !== 200) throw new Failed(describe(claimId, status, body))
  if (options.json) printJson(body)
  else printLine(describeExplanation(body as Explanation, lang, width))
}

const WIDTH_MIN = 60
const WIDTH_MAX = 400
/** Where the output is no terminal. */
const WIDTH_DEFAULT = 110

/** @throws AskedWrongly */
function widthOf(text: string | undefined): number {
  if (text === undefined) return Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, process.stdout.columns ?? WIDTH_DEFAULT))
  const width = Number(text)
  if (Number.isInteger(width) && width >= WIDTH_MIN && width <= WIDTH_MAX) return width
  throw new AskedWrongly(`--width is a whole number from ${WIDTH_MIN} to ${WIDTH_MAX}`)
}

interface ShownProblem {
  readonly code?: string
  readonly title?: string
  readonly detail?: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

/** One answer for people, whatever its status. */
export function describe(what: string, status: number, body: unknown): string {
  if (status === 200) return describeAnswer(body as ShownAnswer)
  if (status === 202) return `${what}: received as ${(body as ShownAnswer).claimId}, not decided yet`
  if (status === 207) {
    const { results } = body as { results: readonly ({ status: number } & ShownAnswer)[] }
    return results.map((result, index) => describe(`${what} [${index + 1}]`, result.status, result)).join('\n\n')
  }
  const { code, title, detail, errors = [] } = body as ShownProblem
  return [
    `${what}: refused (${status} ${code}) ${title}${detail ? `: ${detail}` : ''}`,
    ...errors.map((fault) => `  ${fault.pointer}  ${fault.detail}`),
  ].join('\n')
}
