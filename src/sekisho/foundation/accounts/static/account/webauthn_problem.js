// Says what django-allauth only logs to the console, and what cannot work here, before somebody tries in vain.
(function () {
  document.addEventListener('allauth.error', function (event) {
    event.preventDefault()
    const problem = document.getElementById('webauthn-problem')
    if (problem) {
      problem.hidden = false
      problem.focus()
    }
  })

  // Browsers give passkeys to names only, never to bare addresses, and only over https or to localhost.
  const isBareAddress = /^(\d+\.){3}\d+$|^\[/.test(window.location.hostname)
  const canWork = window.PublicKeyCredential && !isBareAddress
  const buttons = document.querySelectorAll('[data-webauthn]')
  // The page comes with these buttons off: a press before django-allauth listens would do nothing at all.
  document.addEventListener('DOMContentLoaded', function () {
    const unavailable = document.getElementById('webauthn-unavailable')
    if (unavailable) unavailable.hidden = Boolean(canWork)
    buttons.forEach(function (button) { button.disabled = !canWork })
  })
})()
