import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { CHIP_POLICY } from '../check-in/chip/policy.ts'
import { writeAuthority } from '../check-in/test-authority/write-authority.ts'
import { checkTrust } from '../check-in/trust/check-trust.ts'
import { readTrust } from '../check-in/trust/read-trust.ts'
import type { TrustSnapshot } from '../check-in/trust/snapshot.ts'
import { readTrustFolder, TRUST_FILE_KINDS } from '../check-in/trust/trust-store.ts'
import { readConfig } from '../config.ts'
import { systemClock, vietnamDate } from '../platform/clock.ts'
import { AskedWrongly, Failed, printJson, printLine, remark, table } from './output.ts'

const CITIZENS_MAX = 10_000

/** `gateway trust …`: whose cards and tokens are believed. */
export function trustCommands(program: Command): void {
  const trust = program
    .command('trust')
    .description('whose citizen cards and tokens are believed: a folder of roots, lists and keys')
  trust
    .command('list')
    .description('authorities, revocation lists and issuers of tokens in the folder')
    .option('--dir <folder>', 'GATEWAY_TRUST_DIR when absent')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  gateway trust list\n')
    .action(list)
  trust
    .command('add')
    .argument('<file>')
    .description('copy a root, link, revocation list, master list or *.jwks.json into the folder; running gateways take it up')
    .option('--dir <folder>', 'GATEWAY_TRUST_DIR when absent')
    .option('--fingerprint <sha256>', 'what the publisher says the certificate hashes to; another one is refused')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  gateway trust add csca-vn.pem --fingerprint 5f1c…\n')
    .action(add)
  trust
    .command('check')
    .description('what is missing, old or ends soon; exit 1 when cards of a state cannot be verified')
    .option('--dir <folder>', 'GATEWAY_TRUST_DIR when absent')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  gateway trust check\n')
    .action(check)
  trust
    .command('make-test-authority')
    .description('make an authority that is not real, with cards of people who do not exist, for tests and demonstrations')
    .requiredOption('--out <folder>', 'where to; it must not hold an authority yet')
    .option('--citizens <number>', `how many, up to ${CITIZENS_MAX}`, '12')
    .option('--seed <text>', 'the same seed makes the same people', 'bhyt')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  gateway trust make-test-authority --out test-authority
  GATEWAY_TRUST_DIR=test-authority/trust gateway trust check
`,
    )
    .action(makeTestAuthority)
}

interface Options {
  readonly dir?: string
  readonly json?: boolean
}

/** A production profile refuses roots of test authorities, here as in the gateway. */
function surroundings(dir: string | undefined): { folder: string; allowTest: boolean } {
  const { trustDir, profile } = readConfig(process.env)
  return { folder: dir ?? trustDir, allowTest: profile !== 'production' }
}

const day = (epochMs: number) => new Date(epochMs).toISOString().slice(0, 10)

async function list({ dir, json }: Options): Promise<void> {
  const { folder, allowTest } = surroundings(dir)
  const shown = shownOf(await readTrustFolder(folder, { allowTest }))
  if (json) return printJson(shown)
  if (shown.authorities.length + shown.tokenIssuers.length === 0) {
    return remark(`${folder} holds nothing to trust yet: gateway trust add FILE`)
  }
  printLine(
    table(
      ['kind', 'state', 'authority', 'key', 'from', 'to', 'fingerprint', 'file'],
      shown.authorities.map((one) => [
        one.kind,
        one.country,
        one.subject,
        one.key,
        one.from,
        one.to,
        `${one.fingerprint.slice(0, 16)}…`,
        one.file,
      ]),
    ),
  )
  for (const one of shown.revocationLists) printLine(`revocation list of ${one.from}, ${one.revoked} revoked: ${one.file}`)
  for (const one of shown.masterLists)
    printLine(`master list, ${one.certificates} certificates, signer ${one.signerFingerprint}: ${one.file}`)
  for (const one of shown.tokenIssuers) printLine(`tokens of ${one.issuer}, ${one.keys} keys: ${one.file}`)
  for (const { file, problem } of shown.problems) remark(`left out: ${file} ${problem}`)
}

function shownOf(snapshot: TrustSnapshot) {
  return {
    version: snapshot.version,
    authorities: snapshot.anchors.map(({ kind, certificate, file }) => ({
      kind,
      country: certificate.country,
      subject: certificate.subjectText,
      key: keyText(certificate.publicKey),
      from: day(certificate.notBefore),
      to: day(certificate.notAfter),
      fingerprint: certificate.fingerprint,
      file,
    })),
    revocationLists: [...snapshot.revocationLists.values()].flat().map(({ thisUpdate, nextUpdate, revoked, file }) => ({
      from: day(thisUpdate),
      to: nextUpdate === undefined ? null : day(nextUpdate),
      revoked: revoked.size,
      file,
    })),
    masterLists: snapshot.masterLists,
    tokenIssuers: [...snapshot.tokenIssuers.values()].map(({ issuer, keys, file }) => ({ issuer, keys: keys.length, file })),
    problems: snapshot.problems,
  }
}

function keyText(key: TrustSnapshot['anchors'][number]['certificate']['publicKey']): string {
  if (key === undefined) return 'not known'
  return key.kind === 'ec' ? key.curve.name : `RSA ${key.bits}`
}

function add(file: string, { dir, fingerprint, json }: Options & { fingerprint?: string }): void {
  const { folder, allowTest } = surroundings(dir)
  if (!TRUST_FILE_KINDS.test(file))
    throw new AskedWrongly('the file ends in .pem, .der, .cer, .crt, .crl, .ml, .p7b, .cms or .jwks.json')
  const bytes = bytesOf(file)
  const name = basename(file)
  const { anchors, problems, tokenIssuers } = readTrust([{ name, bytes }], { allowTest })
  const fingerprints = anchors.map(({ certificate }) => certificate.fingerprint)
  const wanted = fingerprint?.replace(/[:\s]/g, '').toLowerCase()
  if (wanted !== undefined && !(fingerprints.length === 1 && fingerprints[0] === wanted)) {
    throw new Failed(`${file} does not hold exactly the certificate ${wanted}; it holds ${fingerprints.join(', ') || 'none'}`)
  }
  const others = problems.filter(({ problem }) => !problem.startsWith('revocation list of'))
  const isList = others.length < problems.length
  if (others.length > 0 && anchors.length === 0 && !isList) throw new Failed(`${file}: ${others[0]!.problem}`)
  mkdirSync(folder, { recursive: true })
  // Written aside and renamed, so that a gateway which is looking never sees half a file.
  const aside = join(folder, `.${randomUUID()}`)
  writeFileSync(aside, bytes)
  renameSync(aside, join(folder, name))
  if (json) {
    printJson({ file: join(folder, name), fingerprints, tokenIssuers: [...tokenIssuers.keys()] })
    return
  }
  printLine(join(folder, name))
  for (const one of fingerprints) printLine(`sha256 ${one}`)
  if (wanted === undefined && fingerprints.length > 0)
    remark('compare the fingerprint with what the publisher says; remove the file if it differs')
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch {
    throw new AskedWrongly(`${file} cannot be read`)
  }
}

async function check({ dir, json }: Options): Promise<void> {
  const { folder, allowTest } = surroundings(dir)
  const remarks = checkTrust(await readTrustFolder(folder, { allowTest }), CHIP_POLICY, systemClock.now())
  if (json) printJson(remarks)
  else if (remarks.length === 0) remark(`${folder}: nothing to remark`)
  else
    printLine(
      table(
        ['', 'what', 'remark'],
        remarks.map(({ severity, subject, text }) => [severity, subject, text]),
      ),
    )
  if (remarks.some(({ severity }) => severity === 'stops')) throw new Failed('cards of a state cannot be verified')
}

function makeTestAuthority({ out, citizens, seed, json }: { out: string; citizens: string; seed: string; json?: boolean }): void {
  const count = Number(citizens)
  if (!Number.isInteger(count) || count < 0 || count > CITIZENS_MAX) throw new AskedWrongly(`--citizens is 0 to ${CITIZENS_MAX}`)
  const today = vietnamDate(systemClock.now())
  const written = writeAuthority(out, { seed, citizens: count, today })
  if (json) {
    printJson(written)
    return
  }
  printLine(`trust  ${written.trustFolder}`)
  printLine(`cards  ${join(out, 'cards')} (${written.cards.length}, of ${count} people)`)
  remark('none of it is real: the production profile refuses these roots')
}
