import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Properties;
import java.util.TreeMap;

/** Reads files from standard input, one in Base64 a line, and prints of each its properties: "key value key value …" in
 *  Base64 with a point before each, sorted by key, or "refused". */
class Reference {
    public static void main(String[] args) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line; (line = in.readLine()) != null; ) {
            var text = new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
            var properties = new Properties();
            var out = new StringBuilder();
            try {
                properties.load(new StringReader(text));
                for (var e : new TreeMap<>(properties).entrySet()) {
                    out.append(encode(e.getKey())).append(' ').append(encode(e.getValue())).append(' ');
                }
            } catch (IllegalArgumentException e) {
                out.append("refused");
            }
            System.out.println(out.toString().trim());
        }
    }

    static String encode(Object s) {
        return "." + Base64.getEncoder().encodeToString(s.toString().getBytes(StandardCharsets.UTF_8));
    }
}
