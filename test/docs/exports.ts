// The names that a declaration file exports, with the members of classes, interfaces, object types and enums: read by the compiler.
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './fences.ts';

const PEER = join(ROOT, 'node_modules/@babylonlabs-io/btc-staking-ts/dist/index.d.ts');
const OURS: Readonly<Record<string, string>> = {
  '': join(ROOT, 'src/index.ts'),
  PlainKey: join(ROOT, 'src/wallet/PlainKey.ts'),
  HdAccount: join(ROOT, 'src/wallet/HdAccount.ts'),
  ecc: join(ROOT, 'src/crypto/ecc/pure.ts'),
};

const program = ts.createProgram([PEER, ...Object.values(OURS)], {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  noEmit: true,
});
const checker = program.getTypeChecker();

function moduleSymbol(file: string): ts.Symbol {
  const source = program.getSourceFile(file);
  const symbol = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (symbol === undefined) throw new Error(`${file}: not a module`);
  return symbol;
}

const resolved = (symbol: ts.Symbol): ts.Symbol =>
  (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
const isPrivate = (declaration: ts.Declaration): boolean => (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) !== 0;

/** Own members of a declaration, by name; constructors and what is private left out. */
function ownMembers(declaration: ts.Declaration): readonly string[] {
  const list = ts.isTypeAliasDeclaration(declaration)
    ? ts.isTypeLiteralNode(declaration.type)
      ? declaration.type.members
      : []
    : ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration) || ts.isEnumDeclaration(declaration)
      ? declaration.members
      : [];
  return [...list].flatMap((member) =>
    isPrivate(member) || member.name === undefined ? [] : [member.name.getText().replace(/^['"]|['"]$/g, '')],
  );
}

/** Everything that users of the peer can name: exports, their members as `Name.member`, and the enums that its types are made of. */
export function peerNames(): readonly string[] {
  const source = program.getSourceFile(PEER) as ts.SourceFile;
  const enums = source.statements.filter(ts.isEnumDeclaration);
  const exported = checker.getExportsOfModule(moduleSymbol(PEER)).flatMap((symbol) => symbol.declarations ?? []);
  const names = [...exported, ...enums].flatMap((declaration) => {
    const name = (declaration as ts.NamedDeclaration).name?.getText() ?? '';
    return [name, ...ownMembers(declaration).map((member) => `${name}.${member}`)];
  });
  return [...new Set(names)];
}

/** Whether satlock has `Namespace.member`, `Namespace.Type`, `Class#member` (of the class or type that is named like its namespace) or a top-level name. */
export function exists(name: string): boolean {
  const [path = '', field] = name.split('#');
  const [first = '', ...rest] = path.split('.');
  const own = OURS[first];
  const start =
    own === undefined || first === ''
      ? checker.getExportsOfModule(moduleSymbol(OURS[''] as string)).find((symbol) => symbol.name === first)
      : moduleSymbol(own);
  const found = rest.reduce<ts.Symbol | undefined>(
    (symbol, part) => (symbol === undefined ? undefined : checker.getExportsOfModule(resolved(symbol)).find((one) => one.name === part)),
    start,
  );
  if (found === undefined || field === undefined) return found !== undefined;
  const holder = rest.length > 0 ? found : checker.getExportsOfModule(resolved(found)).find((one) => one.name === first);
  return holder !== undefined && memberOf(resolved(holder), field);
}

function memberOf(holder: ts.Symbol, field: string): boolean {
  const type = checker.getDeclaredTypeOfSymbol(holder);
  const parts = type.isUnion() ? type.types : [type];
  return parts.some((part) => checker.getPropertyOfType(part, field) !== undefined);
}
