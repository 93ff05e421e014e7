import type { CheckedClaim } from '../adjudication/offline-check.ts'
import type { Finding } from '../domain/decision.ts'

export type Language = 'vi' | 'en'

const words = {
  vi: {
    passes: 'đạt: không có gì trên hồ sơ làm giảm, từ chối hay phải chờ',
    fails: 'chưa đạt',
    refused: (count: number) => `cổng sẽ không nhận: ${count} lỗi`,
    listed: (count: number) => `liệt kê ${count} lỗi đầu`,
    fund: (claimed: string, decided: string) => `quỹ trả: đề nghị ${claimed}, được ${decided}`,
    assumed: 'coi cơ sở là',
    unknown: 'Chỉ sổ đăng ký của cổng mới trả lời được:',
    rulebook: (version: string, sha256: string) => `bộ quy tắc ${version} (${sha256.slice(0, 16)}…)`,
    severity: { info: 'thông tin', warn: 'lưu ý', pend: 'chờ xem xét', reduce: 'giảm', deny: 'từ chối' },
  },
  en: {
    passes: 'passes: nothing on the claim makes it reduced, denied or pended',
    fails: 'does not pass',
    refused: (count: number) => `the gateway would not take it: ${count} fault${count === 1 ? '' : 's'}`,
    listed: (count: number) => `the first ${count} are listed`,
    fund: (claimed: string, decided: string) => `the fund pays: claimed ${claimed}, decided ${decided}`,
    assumed: 'facility taken as',
    unknown: "Only the gateway's registers can say:",
    rulebook: (version: string, sha256: string) => `rulebook ${version} (${sha256.slice(0, 16)}…)`,
    severity: { info: 'info', warn: 'warn', pend: 'pend', reduce: 'reduce', deny: 'deny' },
  },
} as const

export interface CheckedFile {
  readonly file: string
  readonly claims: readonly CheckedClaim[]
}

/** What the check found, for people, in one language. */
export function describeCheck(
  files: readonly CheckedFile[],
  rulebook: { readonly version: string; readonly sha256: string },
  language: Language,
): string {
  const say = words[language]
  const claims = files.flatMap(({ file, claims }) => claims.map((claim) => describeClaim(file, claim, language)))
  const unknown = new Map(
    files.flatMap(({ claims }) => claims.flatMap((claim) => claim.unknown.map((one) => [one.register, one]))),
  )
  const open = [...unknown.values()].map(({ message }) => `  · ${message[language]}`)
  return [say.rulebook(rulebook.version, rulebook.sha256), ...claims, ...(open.length === 0 ? [] : [say.unknown, ...open])].join(
    '\n',
  )
}

function describeClaim(file: string, claim: CheckedClaim, language: Language): string {
  const say = words[language]
  const head = `${file}${claim.encounterId === undefined ? '' : `  ${claim.encounterId}`}`
  if (claim.faultCount > 0) {
    const cut = claim.faults.length < claim.faultCount ? [`  (${say.listed(claim.faults.length)})`] : []
    const faults = claim.faults.map(({ pointer, code, detail }) => `  ${pointer || '/'}  ${code}: ${detail[language]}`)
    return [`✗ ${head}  ${say.refused(claim.faultCount)}`, ...faults, ...cut].join('\n')
  }
  const { claimed, decided } = claim.decision as { claimed: { T_BHTT: string }; decided: { T_BHTT: string } }
  const assumed = claim.unknown.find(({ register }) => register === 'facility')?.assumed
  return [
    `${claim.ok ? '✓' : '✗'} ${head}  ${claim.ok ? say.passes : say.fails}`,
    `  ${say.fund(claimed.T_BHTT, decided.T_BHTT)}`,
    ...(assumed
      ? [
          `  ${say.assumed}: ${Object.values(assumed)
            .filter((value) => value !== null)
            .join(', ')}`,
        ]
      : []),
    ...claim.findings.map((finding) => describeFinding(finding, language)),
  ].join('\n')
}

function describeFinding({ rule, severity, lines, effect, message }: Finding, language: Language): string {
  const where = lines.length === 0 ? '' : ` ${lines.map(({ table, stt }) => `${table}#${stt}`).join(', ')}`
  const money = effect ? `  ${effect.field} ${effect.before} → ${effect.after} (${effect.money})` : ''
  return `  ${words[language].severity[severity]}  ${rule}${where}${money}\n    ${message[language]}`
}
