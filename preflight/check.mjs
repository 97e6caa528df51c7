// Runs before `start` and `test`, in plain JavaScript that any Node can read: when the install that pnpm does
// beforehand failed, the script would otherwise run on the system's Node and fail far from the cause.
const wanted = [22, 18];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < wanted[0] || (major === wanted[0] && minor < wanted[1])) {
  console.error(
    `Lockstep needs Node ${wanted.join('.')} or newer, and this is ${process.version} (${process.execPath}).\n` +
      'The workspace brings its own Node 24 on Linux. Run `npx -y pnpm@12 install` and read its errors:\n' +
      'the install before this script has probably failed. On other systems, install Node 24.',
  );
  process.exit(1);
}
