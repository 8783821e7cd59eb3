// Makes the pages better; each of them works without it.
(() => {
  'use strict'
  const locale = navigator.languages
  const formats = {
    moment: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }),
    clock: new Intl.DateTimeFormat(locale, { timeStyle: 'short' }),
    day: new Intl.DateTimeFormat(locale, { dateStyle: 'full' }),
    date: new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' }),
    full: new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' }),
  }

  function left(milliseconds, isShort) {
    const minutes = Math.floor(milliseconds / 60000)
    if (minutes < 0) return '0 min'
    if (minutes < 60) return `${minutes} min`
    if (isShort) return `${Math.floor(minutes / 60)} h`
    return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`
  }

  // Times come in UTC; here they become the reader's.
  function localise(root) {
    for (const time of root.querySelectorAll('time[datetime]')) {
      const at = new Date(time.dateTime)
      if (Number.isNaN(at.getTime())) continue
      if ('until' in time.dataset) { write(time, left(at - Date.now(), time.dataset.until === 'short')); continue }
      const format = time.dataset.format || 'moment'
      const isToday = at.toDateString() === new Date().toDateString()
      const words = format === 'near' ? (isToday ? formats.clock : formats.date).format(at)
        : (formats[format] || formats.moment).format(at)
      write(time, words)
      time.title = formats.full.format(at)
    }
  }
  function write(element, words) { if (element.textContent !== words) element.textContent = words }

  // Days are drawn where the server's day changes; here they move to where the reader's does.
  function regroup(list) {
    if (!list.matches('.thread')) return
    let last = ''
    for (const day of list.querySelectorAll(':scope > .day')) day.remove()
    for (const item of [...list.children]) {
      const time = item.querySelector('time[data-format=clock]')
      if (!time) continue
      const at = new Date(time.dateTime)
      const day = at.toDateString()
      if (day === last) continue
      last = day
      const line = document.createElement('div')
      line.className = 'day'
      const label = document.createElement('span')
      label.textContent = formats.day.format(at)
      line.append(label)
      item.before(line)
    }
  }

  const served = new WeakMap()
  const remember = root => { for (const item of root.querySelectorAll('[data-items] > [id]')) served.set(item, item.outerHTML) }

  // Takes over what changed and leaves the rest: focus, open menus and screen readers stay where they are.
  function merge(list, fresh) {
    const known = new Map([...list.querySelectorAll(':scope > [id]')].map(item => [item.id, item]))
    let place = null
    for (const item of [...fresh.children]) {
      if (!item.id) continue
      const html = item.outerHTML
      let present = known.get(item.id)
      known.delete(item.id)
      if (present && served.get(present) !== html) {
        const now = document.importNode(item, true)
        served.set(now, html)
        present.replaceWith(now)
        present = now
      } else if (!present) {
        present = document.importNode(item, true)
        served.set(present, html)
      }
      if (place ? place.nextElementSibling !== present : list.firstElementChild !== present) {
        if (place) place.after(present); else list.prepend(present)
      }
      place = present
    }
    for (const item of known.values()) item.remove()
  }

  function apply(region, text) {
    const fresh = new DOMParser().parseFromString(text, 'text/html').body
    const list = region.querySelector('[data-items]'), freshList = fresh.querySelector('[data-items]')
    if (list && freshList) {
      for (const day of list.querySelectorAll(':scope > .day')) day.remove()
      for (const day of freshList.querySelectorAll(':scope > .day')) day.remove()
      merge(list, freshList)
      for (const part of fresh.querySelectorAll('[data-part]')) {
        const old = region.querySelector(`[data-part="${part.dataset.part}"]`)
        if (old && old.outerHTML !== part.outerHTML) old.replaceWith(document.importNode(part, true))
      }
    } else {
      if (region.contains(document.activeElement) && document.activeElement.matches('input, textarea, button, a')) return false
      region.replaceChildren(...[...fresh.childNodes].map(node => document.importNode(node, true)))
      remember(region)
    }
    localise(region)
    for (const thread of region.querySelectorAll('.thread')) regroup(thread)
    return true
  }

  function poll(region) {
    const interval = Number(region.dataset.interval) || 5000
    let last = null, wait = interval, timer = 0
    const atEnd = () => window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 160
    async function look() {
      try {
        const answer = await fetch(region.dataset.poll, { cache: 'no-cache', credentials: 'same-origin', redirect: 'manual' })
        if (answer.status === 401 || answer.status === 403 || answer.type === 'opaqueredirect') { location.reload(); return }
        if (answer.ok) {
          const text = await answer.text()
          if (text !== last) {
            const follow = 'stick' in region.dataset && atEnd()
            if (apply(region, text)) last = text
            if (follow) window.scrollTo(0, document.documentElement.scrollHeight)
          }
          wait = interval
        } else wait = Math.min(wait * 2, 60000)
      } catch { wait = Math.min(wait * 2, 60000) }
      plan()
    }
    function plan() {
      clearTimeout(timer)
      if (!document.hidden) timer = setTimeout(look, wait)
    }
    document.addEventListener('visibilitychange', () => { if (document.hidden) clearTimeout(timer); else look() })
    plan()
  }

  function copying() {
    if (!navigator.clipboard) return
    for (const button of document.querySelectorAll('[data-copy-button]')) {
      button.hidden = false
      button.addEventListener('click', async () => {
        await navigator.clipboard.writeText(button.parentElement.querySelector('[data-copy]').value)
        button.textContent = 'Copied'
      })
    }
    for (const input of document.querySelectorAll('[data-copy]')) input.addEventListener('focus', () => input.select())
  }

  // What was typed outlives the end of a session: it stays in this tab until the same business is back at the page after
  // signing in. Tokens are never kept, what was sent is dropped; signing out, or in as another, forgets everything.
  function keeping() {
    let store
    try { store = window.sessionStorage; store.getItem('') } catch { return }
    const typed = 'quoteline:typed:', kept = 'quoteline:kept:'
    const all = prefix => Object.keys(store).filter(key => key.startsWith(prefix))
    const read = key => { try { return JSON.parse(store.getItem(key)) } catch { return null } }
    // Nobody is signed in: it is a page for signing in, or an error before anybody was known. So nothing has arrived.
    const who = document.querySelector('[data-who]')?.dataset.who
    if (!who) {
      for (const key of all(typed)) {
        store.setItem(kept + key.slice(typed.length), store.getItem(key))
        store.removeItem(key)
      }
      return
    }
    document.querySelector('[data-forget]')?.addEventListener('submit', () => {
      for (const key of [...all(typed), ...all(kept)]) store.removeItem(key)
    })
    // Whoever sees a page of ours after sending was signed in: the form has arrived.
    for (const key of all(typed)) if (read(key)?.sent) store.removeItem(key)
    // Another's is nothing for whoever looks at this page, nor for those who come later.
    for (const key of [...all(typed), ...all(kept)]) if (read(key)?.who !== who) store.removeItem(key)
    for (const form of document.querySelectorAll('form[data-keep]')) {
      const name = `${form.dataset.keep} ${form.getAttribute('action')}`
      // The version tells what was changed: if somebody else changed it meanwhile, saving says so.
      const fields = [...form.elements].filter(field => field.name
        && (field.name === 'version' || !['hidden', 'password', 'submit', 'file'].includes(field.type)))
      const save = sent => {
        const values = fields.map(field => [field.name, field.type === 'checkbox' ? field.checked : field.value])
        try {
          store.setItem(typed + name, JSON.stringify({ who, sent, values: Object.fromEntries(values) }))
        } catch { /* There is no room: then it is not kept. */ }
      }
      form.addEventListener('input', () => save(false))
      form.addEventListener('submit', () => save(true))
      store.removeItem(typed + name)
      const draft = read(kept + name)
      store.removeItem(kept + name)
      if (!draft) continue
      for (const field of fields) {
        if (!(field.name in draft.values)) continue
        if (field.type === 'checkbox') field.checked = draft.values[field.name]; else field.value = draft.values[field.name]
      }
      save(false)
      const fold = form.closest('details')
      if (fold) fold.open = true
      const note = document.createElement('p')
      note.className = 'notice info'
      note.setAttribute('role', 'status')
      note.textContent = 'What you had typed is still here. It was not sent.'
      form.prepend(note)
    }
  }

  remember(document)
  localise(document)
  keeping()
  for (const thread of document.querySelectorAll('.thread')) regroup(thread)
  copying()
  setInterval(() => localise(document), 30000)
  for (const region of document.querySelectorAll('[data-poll]')) poll(region)
  document.addEventListener('submit', event => {
    if (event.target.matches('[data-once]')) for (const button of event.target.querySelectorAll('button')) button.disabled = true
  })
  window.addEventListener('pageshow', event => {
    if (event.persisted) for (const button of document.querySelectorAll('[data-once] button')) button.disabled = false
  })
  const thread = document.querySelector('[data-stick]')
  if (thread && !location.hash) {
    if (thread.querySelector('.thread')) window.scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })
  }
})()
