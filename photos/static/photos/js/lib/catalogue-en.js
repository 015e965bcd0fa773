// English is what the modules speak themselves.
export default {};
