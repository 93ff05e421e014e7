// Reads the list of today again, unless somebody is writing in it.
const EVERY_MS = 30_000

async function refresh() {
  const list = document.getElementById('list')
  if (list.dataset.fresh !== 'yes' || document.hidden) return
  if (
    [...list.querySelectorAll('input[name="staffName"]')].some((input) => input === document.activeElement || input.value !== '')
  )
    return
  const response = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-store' })
  if (response.redirected) return location.reload()
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html')
  const [next, tools] = [fresh.getElementById('list'), fresh.querySelector('.tools nav')]
  if (!next || !tools) return
  const numbers = (root) => new Set([...root.querySelectorAll('tbody th')].map((cell) => cell.textContent))
  const before = numbers(list)
  const added = [...numbers(next)].filter((number) => !before.has(number))
  list.replaceWith(next)
  if (!document.querySelector('.tools nav').contains(document.activeElement))
    document.querySelector('.tools nav').replaceWith(tools)
  document.getElementById('said').textContent = added.join(', ')
}

setInterval(() => refresh().catch(() => {}), EVERY_MS)
