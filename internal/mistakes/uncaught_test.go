package mistakes

// uncaught is what docs/MISTAKES.md says of mistakes that nothing catches.
const uncaught = `
None of these is caught by recorded traces of messages alone, which any change of the protocol changes.
Not caught, though planted: none.
`
