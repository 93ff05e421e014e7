import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** `group:artifact:version` */
export type Artifact = `${string}:${string}:${string}`

/**
 * Copies artifacts and all they need at run time into `folder`, once: a folder that exists is complete, because it is filled under
 * another name first.
 * @throws with Maven's own words when Maven is missing or cannot fetch
 */
export function fetchWithDependencies(artifacts: readonly Artifact[], folder: string): void {
  if (existsSync(folder)) return
  const work = mkdtempSync(join(tmpdir(), 'bhyt-maven-'))
  const unfinished = `${folder}.${process.pid}`
  try {
    writeFileSync(join(work, 'pom.xml'), pomOf(artifacts))
    const maven = spawnSync(
      'mvn',
      ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${unfinished}`],
      { cwd: work, encoding: 'utf8' },
    )
    if (maven.error) throw new Error(`Maven cannot be run (${maven.error.message})`)
    if (maven.status !== 0) throw new Error(`Maven failed: ${`${maven.stdout}${maven.stderr}`.trim().slice(-600)}`)
    mkdirSync(dirname(folder), { recursive: true })
    renameSync(unfinished, folder)
  } finally {
    rmSync(work, { recursive: true, force: true })
    rmSync(unfinished, { recursive: true, force: true })
  }
}

function pomOf(artifacts: readonly Artifact[]): string {
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':')
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`
  })
  return [
    '<project>',
    '<modelVersion>4.0.0</modelVersion><groupId>bhyt</groupId><artifactId>provision</artifactId><version>1</version><packaging>pom</packaging>',
    `<dependencies>${dependencies.join('')}</dependencies>`,
    '</project>',
  ].join('\n')
}
