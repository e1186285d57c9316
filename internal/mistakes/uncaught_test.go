package mistakes

// uncaught are mistakes that nothing tells yet from bad luck.
const uncaught = `
`
