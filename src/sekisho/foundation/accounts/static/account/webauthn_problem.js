// django-allauth only logs a failed passkey to the console; the person must see what happened.
document.addEventListener('allauth.error', function (event) {
  event.preventDefault()
  const problem = document.getElementById('webauthn-problem')
  if (problem) {
    problem.hidden = false
    problem.focus()
  }
})
