import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;

/**
 * Asks Apache Avro about pairs of schemas. Reads JSON lines {"reader": text, "writer": text} and answers each with a
 * line {"refused": "reader" | "writer" | null, "verdict": "COMPATIBLE" | "INCOMPATIBLE" | null, "incompatibilities":
 * [{"type", "location", "message"}], "error": text | null}; "error" is what the parser or the checker threw.
 */
public final class Compatibility {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  public static void main(String[] arguments) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(MAPPER.writeValueAsString(answer(MAPPER.readTree(line))));
    }
    out.flush();
  }

  private static ObjectNode answer(JsonNode question) {
    ObjectNode answer = MAPPER.createObjectNode().putNull("refused").putNull("verdict").putNull("error");
    ArrayNode found = answer.putArray("incompatibilities");
    Schema[] parsed = new Schema[2];
    String[] sides = {"reader", "writer"};
    for (int side = 0; side < sides.length; side++) {
      try {
        parsed[side] = new Schema.Parser().parse(question.get(sides[side]).textValue());
      } catch (RuntimeException refusal) {
        return answer.put("refused", sides[side]).put("error", refusal.toString());
      }
    }
    try {
      SchemaCompatibility.SchemaCompatibilityResult result =
          SchemaCompatibility.checkReaderWriterCompatibility(parsed[0], parsed[1]).getResult();
      answer.put("verdict", result.getCompatibility().name());
      for (SchemaCompatibility.Incompatibility one : result.getIncompatibilities()) {
        found.addObject().put("type", one.getType().name()).put("location", one.getLocation())
            .put("message", one.getMessage());
      }
    } catch (RuntimeException thrown) {
      answer.put("error", thrown.getMessage());
    }
    return answer;
  }
}
