#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { checkFiles, type RegisterFiles } from '../../src/cli/check-files.ts'
import { AskedWrongly } from '../../src/cli/output.ts'
import { describeCheck, type Language } from '../../src/cli/print-check.ts'
import { vietnamDate } from '../../src/platform/clock.ts'
import { packedRulebook } from './packed-rulebook.ts'

const help = `Kiểm tra hồ sơ BHYT ngoại tuyến theo đúng bộ quy tắc của cổng, trước khi gửi.
Checks BHYT claims offline by the gateway's own rules, before they are filed.

bhyt-claim-check FILE…            national format, JSON or XML
  --json                          kết quả dạng JSON / the result as JSON
  --lang vi|en                    ngôn ngữ / language (vi)
  --facility FILE                 dòng của cơ sở / the facility's row (NDJSON, as registry files)
  --member FILE                   người bệnh / patients' rows
  --catalogue FILE                danh mục của cơ sở / the facility's lists
  --received-on yyyy-mm-dd        ngày cổng nhận / day of receipt (today)
  --version, --help

Exit 0: every claim passes · 1: something was found · 2: asked wrongly

Examples:
  bhyt-claim-check visit.xml
  bhyt-claim-check march/*.json --lang en --catalogue catalogue.ndjson
  bhyt-claim-check visit.json --json
`

process.exitCode = run(process.argv.slice(2))

function run(args: readonly string[]): number {
  try {
    const { values, positionals } = read(args)
    if (values.help) {
      process.stdout.write(help)
      return 0
    }
    const rulebook = packedRulebook()
    const { version, sha256 } = rulebook
    if (values.version) {
      process.stdout.write(`rulebook ${version} ${sha256}\n`)
      return 0
    }
    if (positionals.length === 0) throw new AskedWrongly('no file is named')
    const language = languageOf(values.lang)
    const receivedOn = values['received-on'] ?? vietnamDate(Date.now())
    const files = checkFiles(positionals, rulebook, registersOf(values), receivedOn)
    const result = values.json
      ? JSON.stringify({ rulebook: { version, sha256 }, files }, undefined, 2)
      : describeCheck(files, rulebook, language)
    process.stdout.write(`${result}\n`)
    return files.every(({ claims }) => claims.every(({ ok }) => ok)) ? 0 : 1
  } catch (cause) {
    if (!(cause instanceof AskedWrongly) && !(cause instanceof TypeError)) throw cause
    process.stderr.write(`error: ${cause.message}\n(--help says what is possible)\n`)
    return 2
  }
}

function read(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: flag,
      lang: { ...text, default: 'vi' },
      facility: text,
      member: text,
      catalogue: text,
      'received-on': text,
      version: flag,
      help: flag,
    },
  })
}

function languageOf(lang: string): Language {
  if (lang !== 'vi' && lang !== 'en') throw new AskedWrongly('--lang is vi or en')
  return lang
}

function registersOf({ facility, member, catalogue }: Partial<Record<keyof RegisterFiles, string>>): RegisterFiles {
  return { ...(facility && { facility }), ...(member && { member }), ...(catalogue && { catalogue }) }
}
