"""Write the pages whose text has changed."""

from scripts.manual import pages

for path, text in pages().items():
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
