import java.io.FileInputStream;
import java.util.logging.Level;
import java.util.logging.Logger;

import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Prints for each file "ok" or "not", the level, and what failed with the clause of the standard. Arguments: LEVEL FILE… */
public final class Archive {
    private Archive() {}

    public static void main(String[] arguments) throws Exception {
        Logger.getLogger("").setLevel(Level.SEVERE);
        VeraGreenfieldFoundryProvider.initialise();
        PDFAFlavour flavour = PDFAFlavour.fromString(arguments[0]);
        boolean all = true;
        for (int at = 1; at < arguments.length; at++) {
            all &= judge(arguments[at], flavour);
        }
        System.exit(all ? 0 : 1);
    }

    private static boolean judge(String file, PDFAFlavour flavour) throws Exception {
        try (FileInputStream in = new FileInputStream(file);
                PDFAParser parser = Foundries.defaultInstance().createParser(in, flavour);
                PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            ValidationResult result = validator.validate(parser);
            System.out.println((result.isCompliant() ? "ok   " : "not  ") + flavour.getId() + "  " + file);
            result.getTestAssertions().stream()
                    .filter(one -> one.getStatus() == TestAssertion.Status.FAILED)
                    .limit(20)
                    .forEach(one -> System.out.println("     " + one.getRuleId().getClause() + ": " + one.getMessage()));
            return result.isCompliant();
        }
    }
}
