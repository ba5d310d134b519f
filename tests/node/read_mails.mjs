// Reads mails with mailparser: one mail in base64 on each line of standard input, one JSON object for each on output.
import { createInterface } from "node:readline";
import { simpleParser } from "mailparser";

const AS_IT_IS = { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true };

for await (const line of createInterface({ input: process.stdin })) {
  const mail = await simpleParser(Buffer.from(line, "base64"), AS_IT_IS);
  const mailboxes = (field) => (field?.value ?? []).map(({ name, address }) => [name, address]);
  const found = {
    names: mail.headerLines.map(({ line: field }) => field.slice(0, field.indexOf(":"))),
    subject: mail.subject ?? "",
    from: mailboxes(mail.from),
    to: mailboxes(mail.to),
    others: [...mailboxes(mail.cc), ...mailboxes(mail.bcc), ...mailboxes(mail.replyTo)],
    date: mail.date?.toISOString() ?? null,
    id: mail.messageId ?? null,
    text: mail.text ?? "",
    html: mail.html || null,
    attachments: mail.attachments.length,
  };
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
